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


@admin.register(models.SeenEvidence)
class SeenEvidenceAdmin(Frozen):
    """What customers saw when they answered."""

    list_display = ("sha256", "at")
    search_fields = ("sha256",)


@admin.register(models.SignOffLink)
class SignOffLinkAdmin(Frozen):
    """Links customers decide through; the token itself is nowhere."""

    list_display = ("track", "contact", "created_at", "expires_at", "voided_at")
    search_fields = ("contact__name", "contact__email")
    list_select_related = (
        "track__variant__tenant", "track__variant__prompt", "track__campaign__target", "contact",
    )  # fmt: skip


@admin.register(models.DecisionCode)
class DecisionCodeAdmin(Frozen):
    """One-time codes of decisions; their digits are nowhere."""

    list_display = ("link", "created_at", "expires_at", "tries", "used_at")
    search_fields = ("link__contact__email",)
    list_select_related = ("link__contact",)


@admin.register(models.LocalMail)
class LocalMailAdmin(Frozen):
    """Mails of the simulated mailbox."""

    list_display = ("subject", "to", "at")
    search_fields = ("subject", "to")


@admin.register(models.Wave)
class WaveAdmin(Frozen):
    """Tracks that go together."""

    list_display = ("campaign", "number", "name", "starts_on", "paused_at")


@admin.register(models.ChangeWindow)
class ChangeWindowAdmin(Editable):
    """Hours in which a customer may be cut over."""

    list_display = ("tenant", "weekdays", "opens", "closes")
    search_fields = ("tenant__name",)
    list_select_related = ("tenant",)


@admin.register(models.Blackout)
class BlackoutAdmin(Editable):
    """Days on which nothing is cut over."""

    list_display = ("tenant", "first", "last", "reason", "by")
    list_select_related = ("tenant", "by")


@admin.register(models.Letter)
class LetterAdmin(Frozen):
    """What customers were written."""

    list_display = ("to_name", "kind", "track", "at", "sent_at", "problem")
    list_filter = ("kind",)
    search_fields = ("to_name", "to_email")
    list_select_related = (
        "track__variant__tenant", "track__variant__prompt", "track__campaign__target",
    )  # fmt: skip


@admin.register(models.LetterTemplate)
class LetterTemplateAdmin(Editable):
    """The words of letters."""

    list_display = ("kind", "locale", "tenant", "subject")
    list_filter = ("kind", "locale")
    list_select_related = ("tenant",)


@admin.register(models.Feedback)
class FeedbackAdmin(Frozen):
    """What customers came back with."""

    list_display = ("variant", "kind", "words", "happened_at", "by")
    list_filter = ("kind",)
    list_select_related = ("variant__tenant", "variant__prompt", "by")


@admin.register(models.Effort)
class EffortAdmin(Frozen):
    """Hours noted."""

    list_display = ("variant", "hours", "what", "on", "by")
    list_select_related = ("variant__tenant", "variant__prompt", "by")


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


@admin.register(models.ApprovalRule)
class ApprovalRuleAdmin(Editable):
    """Who has to say yes to what."""

    list_display = ("name", "layer", "segment", "min_revenue", "needed", "role", "active")
    list_filter = ("layer", "active")
    search_fields = ("name",)


@admin.register(models.Objection)
class ObjectionAdmin(Staged):
    """Objections and how they ended."""

    list_display = ("revision", "stage", "by", "at", "ended_by", "ended_at")
    list_filter = ("stage",)
    search_fields = ("revision__variant__tenant__name", "reason")
    list_select_related = (
        "revision__variant__tenant", "revision__variant__prompt", "by", "ended_by",
    )  # fmt: skip


@admin.register(models.Comment)
class CommentAdmin(Staged):
    """What was said on reviews."""

    list_display = ("__str__", "review", "line", "at", "resolved_at")
    search_fields = ("body", "review__variant__tenant__name")
    list_select_related = (
        "by", "review__revision__variant__tenant", "review__revision__variant__prompt",
    )  # fmt: skip


@admin.register(models.BreakGlass)
class BreakGlassAdmin(Staged):
    """Releases that went round the gate."""

    list_display = ("variant", "stage", "by", "at", "reviewed_by", "reviewed_at")
    list_filter = ("stage",)
    search_fields = ("variant__tenant__name", "reason")
    list_select_related = ("variant__tenant", "variant__prompt", "by", "reviewed_by")


@admin.register(models.Change)
class ChangeAdmin(Frozen):
    """The feed of what changed for callers, in the order of the commits."""

    list_display = ("cursor", "prompt_slug", "tenant_slug", "locale", "lane", "at")
    list_filter = ("lane",)
    search_fields = ("prompt_slug", "tenant_slug")


@admin.register(models.Experiment)
class ExperimentAdmin(Staged):
    """A/B experiments."""

    list_display = ("name", "prompt", "segment", "arm", "share", "stage", "opened_by", "opened_at")
    list_filter = ("stage",)
    search_fields = ("name", "arm")
    list_select_related = ("prompt", "opened_by")


@admin.register(models.BulkAct)
class BulkActAdmin(Frozen):
    """Acts over many variants."""

    list_display = ("title", "kind", "stage", "by", "at", "finished_at")
    list_filter = ("kind", "stage")
    search_fields = ("title", "reason")
    list_select_related = ("by",)


@admin.register(models.BulkRow)
class BulkRowAdmin(Frozen):
    """How each variant of such an act fared."""

    list_display = ("act", "variant", "state", "said", "at")
    list_filter = ("state",)
    search_fields = ("act__title", "variant__tenant__name")
    list_select_related = ("act", "variant__tenant", "variant__prompt")


@admin.register(models.RouterVersion)
class RouterVersionAdmin(Frozen):
    """Frozen router rules."""

    list_display = ("__str__", "author", "created_at", "note")
    search_fields = ("prompt__slug", "note")
    list_select_related = ("prompt", "author")


@admin.register(models.RouterReview)
class RouterReviewAdmin(Staged):
    """Reviews of router rules."""

    list_display = ("__str__", "stage", "opened_by", "opened_at")
    list_filter = ("stage",)
    search_fields = ("version__prompt__slug",)
    list_select_related = ("version__prompt", "opened_by")


@admin.register(models.RouterApproval)
class RouterApprovalAdmin(Frozen):
    """Decisions on router rules."""

    list_display = ("version", "decision", "by", "at")
    list_filter = ("decision",)
    search_fields = ("version__prompt__slug", "sha256")
    list_select_related = ("version__prompt", "by")


@admin.register(models.RouterRelease)
class RouterReleaseAdmin(Staged):
    """Router rules in force."""

    list_display = ("__str__", "stage", "released_by", "released_at")
    list_filter = ("stage",)
    search_fields = ("prompt__slug", "reason")
    list_select_related = ("version__prompt", "released_by")


@admin.register(models.Notification)
class NotificationAdmin(Frozen):
    """What people were told."""

    list_display = ("user", "kind", "subject", "at", "mailed_at", "read_at")
    list_filter = ("kind",)
    search_fields = ("subject", "user__username")
    list_select_related = ("user",)


@admin.register(models.NotificationSettings)
class NotificationSettingsAdmin(Editable):
    """How people want to be told."""

    list_display = ("user", "pace", "timezone")
    list_filter = ("pace",)
    search_fields = ("user__username",)
    list_select_related = ("user",)


@admin.register(models.WebhookEndpoint)
class WebhookEndpointAdmin(Staged):
    """Addresses that are told of events; they are set up on their own pages."""

    list_display = ("name", "url", "tenant", "active", "created_by")
    list_filter = ("active",)
    search_fields = ("name", "url")
    list_select_related = ("tenant", "created_by")


@admin.register(models.WebhookDelivery)
class WebhookDeliveryAdmin(Frozen):
    """What became of each telling."""

    list_display = ("verb", "endpoint", "state", "status", "attempts", "created_at")
    list_filter = ("state", "verb")
    search_fields = ("endpoint__name", "key")
    list_select_related = ("endpoint",)


@admin.register(models.AcceptedRisk)
class AcceptedRiskAdmin(Frozen):
    """Verdicts on too few cases that somebody let pass."""

    list_display = ("run", "by", "at", "reason")
    search_fields = ("run__variant__tenant__name", "reason")
    list_select_related = ("run__revision__variant__tenant", "run__revision__variant__prompt", "by")
