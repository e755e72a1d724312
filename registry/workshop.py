"""The operator's workshop: what the Django admin lets an operator see and change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin


class ReadOnly:
    """Find, filter and read; nothing can be added, changed or deleted here.

    For append-only rows, and for staged rows, whose stage moves by action alone.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may enter the workshop may read."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The section shows for whoever may enter."""
        return bool(request.user.is_active and request.user.is_staff)


class Frozen(ReadOnly, admin.ModelAdmin):
    """Append-only rows."""

    show_full_result_count = False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Operators run a list's actions; reading it gives nobody the right to."""
        return _is_operator(request)


class Staged(ReadOnly, SimpleHistoryAdmin):
    """Rows whose stage moves by action; their history can be read."""

    show_full_result_count = False


class Operated:
    """Staff reads, an operator adds and changes, nobody deletes: what was referred to stays."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The section shows for whoever may enter."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may enter the workshop may read."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators add."""
        return _is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators change."""
        return _is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was once referred to stays."""
        return False


class Editable(Operated, SimpleHistoryAdmin):
    """Master data with its history.

    `fixed` are the names that callers and frozen rows know a row by: a tenant under a new
    slug would silently get the platform default.
    """

    fixed: tuple[str, ...] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The names of what exists are fixed."""
        return (*self.readonly_fields, *(self.fixed if obj else ()))


def _is_operator(request: HttpRequest) -> bool:
    return bool(request.user.is_staff and request.user.has_perm("registry.manage_keys"))
