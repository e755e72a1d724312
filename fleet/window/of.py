"""Which window and which blackouts a tenant has."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q

from fleet.window.models import Blackout, ChangeWindow
from fleet.window.opening import Days, Hours
from registry.models import Tenant

PLATFORM_ZONE = "UTC"
"""Where the platform's own default lives: it belongs to no customer."""


def usual() -> Hours:
    """The window of whoever has none of their own, from settings.CHANGE_WINDOW."""
    chosen: dict[str, Any] = settings.CHANGE_WINDOW
    return Hours(
        frozenset(chosen["weekdays"]),
        dt.time.fromisoformat(chosen["opens"]),
        dt.time.fromisoformat(chosen["closes"]),
    )


def hours_of(window: ChangeWindow | None) -> Hours:
    """A stored window as plain values; None is the usual one."""
    if window is None:
        return usual()
    return Hours(frozenset(window.weekdays), window.opens, window.closes)


def window_of(tenant: Tenant | None) -> Hours:
    """The tenant's own window, else the usual one; None stands for the platform's default.

    One query, unless the tenant was read with `select_related("change_window")`.
    """
    return hours_of(getattr(tenant, "change_window", None) if tenant else None)


def zone_of(tenant: Tenant | None) -> str:
    """The name of the tenant's time zone, as it was typed: it may not exist."""
    return tenant.timezone if tenant else PLATFORM_ZONE


def blackouts_of(tenant: Tenant | None) -> list[Days]:
    """Days on which nothing of this tenant moves: its own and everybody's. One query."""
    mine = Q(tenant=None) if tenant is None else Q(tenant=None) | Q(tenant=tenant)
    return list(Blackout.objects.filter(mine).order_by("first").values_list("first", "last"))
