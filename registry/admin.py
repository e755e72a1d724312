"""Workshop pages of what is written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from registry import models, work
from registry.workshop import Editable, Frozen, Operated, Staged

admin.site.site_header = "Prompt fleet workshop"
admin.site.site_title = "Prompt fleet"
admin.site.index_title = "Find, read, mend"


@admin.register(models.User)
class PersonAdmin(Operated, UserAdmin):
    """People and their roles: an operator gives roles to others, never to themselves."""

    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An operator changes everybody but a superuser, who could do more than they."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What would widen one's own reach is a superuser's to change."""
        if request.user.is_superuser:
            return ()
        own = ("groups", "is_staff") if obj == request.user else ()
        return ("is_superuser", "user_permissions", *own)


class ContactInline(admin.TabularInline):
    """A tenant's contacts, on its page."""

    model = models.Contact
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As on the tenant's page."""
        return bool(request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As on the tenant's page."""
        return bool(request.user.has_perm("registry.manage_keys"))

    has_change_permission = has_add_permission
    has_delete_permission = has_add_permission


@admin.register(models.Tenant)
class TenantAdmin(Editable):
    """Customers."""

    list_display = ("name", "slug", "segment", "locale", "annual_revenue")
    list_filter = ("segment", "locale", "owners")
    search_fields = ("name", "slug", "contract_notes")
    autocomplete_fields = ("owners",)
    inlines = (ContactInline,)
    fixed = ("slug",)


@admin.register(models.Prompt)
class PromptAdmin(Editable):
    """Prompt families."""

    list_display = ("slug", "name", "kind")
    list_filter = ("kind",)
    search_fields = ("slug", "name")
    fixed = ("slug",)


@admin.register(models.ModelTarget)
class ModelTargetAdmin(Editable):
    """Dated model snapshots."""

    list_display = ("snapshot", "provider", "retires_on", "retires_checked_on", "context_window")
    list_filter = ("provider",)
    search_fields = ("snapshot",)
    fixed = ("provider", "snapshot")


@admin.register(models.Variant)
class VariantAdmin(Editable):
    """Variants; thresholds may change, the four names and the stage may not."""

    list_display = ("__str__", "prompt", "tenant", "locale", "lane", "stage", "min_pass_rate")
    list_filter = ("prompt", "lane", "stage", "locale", "tenant__segment")
    search_fields = ("tenant__name", "tenant__slug", "prompt__slug")
    list_select_related = ("prompt", "tenant")
    readonly_fields = ("stage",)
    fixed = ("prompt", "tenant", "locale", "lane")


@admin.register(models.Policy)
class PolicyAdmin(Frozen):
    """Lines of policies; versions are published by action."""

    list_display = ("name", "prompt")


@admin.register(models.Base)
class BaseAdmin(Frozen):
    """Lines of platform defaults."""

    list_display = ("__str__", "prompt", "locale", "model_family")
    list_filter = ("prompt",)
    list_select_related = ("prompt",)


@admin.register(models.Overlay)
class OverlayAdmin(Frozen):
    """Lines of overlays."""

    list_display = ("__str__", "tenant", "prompt", "locale", "lane")
    list_filter = ("prompt",)
    search_fields = ("tenant__name", "tenant__slug")
    list_select_related = ("tenant", "prompt")


@admin.register(models.PolicyVersion)
class PolicyVersionAdmin(Frozen):
    """Frozen policies."""

    list_display = ("__str__", "number", "author", "created_at")
    list_filter = ("policy",)
    list_select_related = ("policy", "author")


@admin.register(models.BaseVersion)
class BaseVersionAdmin(Frozen):
    """Frozen platform defaults."""

    list_display = ("__str__", "number", "semver", "author", "created_at")
    list_filter = ("base__prompt",)
    search_fields = ("text",)
    list_select_related = ("base__prompt", "author")


@admin.register(models.OverlayVersion)
class OverlayVersionAdmin(Frozen):
    """Frozen overlays."""

    list_display = ("__str__", "number", "author", "created_at", "note")
    list_filter = ("overlay__prompt",)
    search_fields = ("overlay__tenant__name", "overlay__tenant__slug")
    list_select_related = ("overlay__tenant", "overlay__prompt", "author")


@admin.register(models.OverlayDraft)
class OverlayDraftAdmin(Staged):
    """Open drafts."""

    list_display = ("__str__", "edition", "saved_by", "saved_at")
    search_fields = ("overlay__tenant__name",)
    list_select_related = ("overlay__tenant", "overlay__prompt", "saved_by")


@admin.register(models.BaseDraft)
class BaseDraftAdmin(Staged):
    """Open drafts of bases."""

    list_display = ("__str__", "edition", "saved_by", "saved_at")
    search_fields = ("base__prompt__slug",)
    list_select_related = ("base__prompt", "saved_by")


@admin.register(models.PolicyDraft)
class PolicyDraftAdmin(Staged):
    """Open drafts of policies."""

    list_display = ("__str__", "edition", "saved_by", "saved_at")
    search_fields = ("policy__name",)
    list_select_related = ("policy", "saved_by")


@admin.register(models.OverlayVisit)
class OverlayVisitAdmin(Frozen):
    """Who has an overlay's form open."""

    list_display = ("__str__", "since", "seen_at")
    search_fields = ("overlay__tenant__name", "user__username")
    list_select_related = ("overlay__tenant", "overlay__prompt", "user")


@admin.register(models.Revision)
class RevisionAdmin(Frozen):
    """What can run."""

    list_display = ("__str__", "number", "model_target", "sha256", "author", "created_at")
    list_filter = ("model_target", "variant__prompt")
    search_fields = ("id", "sha256", "variant__tenant__name", "variant__tenant__slug")
    list_select_related = ("variant__tenant", "variant__prompt", "model_target", "author")


@admin.register(models.Adoption)
class AdoptionAdmin(Frozen):
    """What was taken over without evidence."""

    list_display = ("revision", "by", "at", "reason")
    search_fields = ("revision__variant__tenant__name", "source")
    list_select_related = ("revision__variant__tenant", "revision__variant__prompt", "by")


@admin.register(models.Revocation)
class RevocationAdmin(Frozen):
    """What must never serve again."""

    list_display = ("reason", "by", "at")
    search_fields = ("reason",)


@admin.register(models.Event)
class EventAdmin(Frozen):
    """The trail of everything that was done."""

    list_display = ("at", "verb", "actor", "variant", "why")
    list_filter = ("verb", "at")
    search_fields = ("why", "subject_id", "variant__tenant__name")
    list_select_related = ("actor", "variant__tenant", "variant__prompt")
    date_hierarchy = "at"


@admin.register(models.Heartbeat)
class HeartbeatAdmin(Frozen):
    """Who proved to be alive, and when."""

    list_display = ("name", "at")


@admin.register(models.WorkItem)
class WorkItemAdmin(Frozen):
    """Work in flight and the outbox; what was given up can be tried again."""

    list_display = ("kind", "key", "state", "attempts", "created_at", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("key", "last_error")
    actions = ("try_again",)

    @admin.action(description="Try again what was given up", permissions=["operate"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[models.WorkItem]) -> None:
        """Give the chosen dead items a fresh set of attempts."""
        for item in queryset:
            work.try_again(item)
        self.message_user(request, f"{queryset.count()} items are queued again.")
