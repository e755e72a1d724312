"""Workshop pages of what is decided and served."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from fleet import models
from fleet.delivery import keys
from registry.models import User
from registry.workshop import Editable, Frozen, Staged


@admin.register(models.Review)
class ReviewAdmin(Staged):
    """Change requests."""

    list_display = ("__str__", "stage", "opened_by", "opened_at")
    list_filter = ("stage", "variant__prompt")
    search_fields = ("variant__tenant__name", "rationale")
    list_select_related = ("revision__variant__tenant", "revision__variant__prompt", "opened_by")


@admin.register(models.Approval)
class ApprovalAdmin(Frozen):
    """Decisions."""

    list_display = ("revision", "decision", "by", "at", "verdict", "batch")
    list_filter = ("decision", "verdict")
    search_fields = ("sha256", "batch", "revision__variant__tenant__name")
    list_select_related = ("revision__variant__tenant", "revision__variant__prompt", "by")


@admin.register(models.Release)
class ReleaseAdmin(Staged):
    """Releases."""

    list_display = ("__str__", "stage", "kind", "released_by", "released_at", "ended_at")
    list_filter = ("stage", "kind", "variant__prompt")
    search_fields = ("id", "variant__tenant__name", "reason")
    list_select_related = (
        "revision__variant__tenant", "revision__variant__prompt", "released_by",
    )  # fmt: skip


@admin.register(models.Served)
class ServedAdmin(Frozen):
    """What callers get."""

    list_display = ("prompt_slug", "tenant_slug", "locale", "lane", "sha256", "gone", "changed_at")
    list_filter = ("prompt_slug", "lane", "gone")
    search_fields = ("tenant_slug", "sha256")


@admin.register(models.BlastRadius)
class BlastRadiusAdmin(Frozen):
    """Dry runs of drafts over the fleet."""

    list_display = ("__str__", "stage", "total", "seen", "asked_by", "asked_at", "finished_at")
    list_filter = ("stage",)
    search_fields = ("id", "sha256")
    list_select_related = ("base__prompt", "policy", "asked_by")


@admin.register(models.BlastRow)
class BlastRowAdmin(Frozen):
    """What a dry run found for each variant."""

    list_display = ("__str__", "changes_text", "problem")
    search_fields = ("variant__tenant__name", "radius__id")
    list_select_related = (
        "variant__tenant", "variant__prompt", "radius__base__prompt", "radius__policy",
    )  # fmt: skip


@admin.register(models.Unforking)
class UnforkingAdmin(Staged):
    """Un-forks."""

    list_display = ("__str__", "stage", "opened_by", "opened_at")
    list_filter = ("stage",)
    search_fields = ("id",)
    list_select_related = ("opened_by",)


@admin.register(models.ForkFile)
class ForkFileAdmin(Staged):
    """Forks that were handed in, and what was decided on each."""

    list_display = ("name", "tenant", "is_exact", "choice", "outcome")
    list_filter = ("choice", "is_exact")
    search_fields = ("name", "tenant__name")
    list_select_related = ("tenant",)


@admin.register(models.Campaign)
class CampaignAdmin(Staged):
    """Model migrations."""

    list_display = ("name", "source", "target", "stage", "opened_by", "opened_at")
    list_filter = ("stage",)
    search_fields = ("name",)


@admin.register(models.Track)
class TrackAdmin(Staged):
    """One variant's way through a migration."""

    list_display = ("variant", "campaign", "stage", "changed_at", "closed_at")
    list_filter = ("stage", "campaign")
    search_fields = ("variant__tenant__name", "variant__tenant__slug")
    list_select_related = ("variant__tenant", "variant__prompt", "campaign")


@admin.register(models.SignOff)
class SignOffAdmin(Frozen):
    """Customers' answers."""

    list_display = ("track", "decision", "contact_name", "recorded_by", "at")
    list_filter = ("decision",)
    search_fields = ("contact_name", "reference")
    list_select_related = (
        "track__variant__tenant", "track__variant__prompt", "track__campaign__target",
        "recorded_by",
    )  # fmt: skip


@admin.register(models.ApiKey)
class ApiKeyAdmin(Editable):
    """Keys of applications; a new key's secret is shown once, in the message above the list."""

    list_display = ("name", "prefix", "scopes", "tenant", "created_at", "revoked_at")
    list_filter = ("tenant",)
    search_fields = ("name", "prefix")
    fields = ("name", "scopes", "tenant", "revoked_at")
    readonly_fields = ("revoked_at",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made or revoked, never changed."""
        return obj is None and super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: models.ApiKey, form: ModelForm[Any], change: bool
    ) -> None:
        """Make the key by the action that commands use, and show the secret once."""
        assert isinstance(request.user, User), "the admin is for people who signed in"
        key, secret = keys.create_api_key(
            name=obj.name, scopes=obj.scopes, tenant=obj.tenant, by=request.user
        )
        obj.pk = key.pk
        text = f"The key of {key.name}, shown only now: {secret.bearer}"
        self.message_user(request, text, messages.WARNING)

    @admin.action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[models.ApiKey]) -> None:
        """Refuse the chosen keys from now on."""
        assert isinstance(request.user, User), "the admin is for people who signed in"
        for key in queryset:
            keys.revoke_api_key(key, by=request.user)
        self.message_user(request, f"{queryset.count()} keys are revoked.")
