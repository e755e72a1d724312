"""Revisions in traffic, and the one row a variant is served from."""

from __future__ import annotations

import uuid

from django.db import models
from simple_history.models import HistoricalRecords

from registry.models import Revision, User, Variant


class Stage(models.TextChoices):
    """Where a release stands."""

    SHADOW = "shadow", "Shadow"
    CANARY = "canary", "Canary"
    LIVE = "live", "Live"
    SUPERSEDED = "superseded", "Superseded"
    ROLLED_BACK = "rolled_back", "Rolled back"


class ReleaseKind(models.TextChoices):
    """How a release came about."""

    ADOPTED = "adopted", "Adopted, no evidence"
    PROMOTED = "promoted", "Promoted"
    ROLLBACK = "rollback", "Rollback"
    BREAK_GLASS = "break_glass", "Break-glass"


class Release(models.Model):
    """A Revision taking traffic in its Variant."""

    ARROWS = {
        Stage.SHADOW: {Stage.CANARY, Stage.LIVE, Stage.SUPERSEDED},
        Stage.CANARY: {Stage.LIVE, Stage.SUPERSEDED, Stage.ROLLED_BACK},
        Stage.LIVE: {Stage.SUPERSEDED, Stage.ROLLED_BACK},
        Stage.SUPERSEDED: set(),
        Stage.ROLLED_BACK: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="releases")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="releases")
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.LIVE, editable=False)
    kind = models.CharField(max_length=12, choices=ReleaseKind, default=ReleaseKind.PROMOTED)
    share = models.FloatField(default=1.0, help_text="Share of sessions, 0 to 1.")
    reason = models.TextField(blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-released_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant"],
                condition=models.Q(stage="live"),
                name="one_live_release_a_variant",
            ),
            models.CheckConstraint(
                condition=models.Q(share__gt=0, share__lte=1), name="release_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["rollback", "break_glass"]) | ~models.Q(reason=""),
                name="unusual_release_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["variant", "-released_at"], name="release_by_variant")]

    def __str__(self) -> str:
        return f"{self.revision} ({self.get_stage_display()})"


class Served(models.Model):
    """What callers get for one Variant: ready JSON, written in the switching transaction.

    A fetch reads this row alone, by its four names; `tenant_slug` is empty for the
    platform default. `gone` answers 410.
    """

    variant = models.OneToOneField(
        Variant, on_delete=models.PROTECT, primary_key=True, related_name="served"
    )
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    prompt_slug = models.CharField(max_length=80)
    tenant_slug = models.CharField(max_length=80, blank=True)
    locale = models.CharField(max_length=20)
    lane = models.CharField(max_length=20)
    body = models.TextField(help_text="The JSON answer, byte for byte.")
    etag = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, help_text="Of the text inside the body.")
    gone = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "served"
        constraints = [
            models.UniqueConstraint(
                fields=["prompt_slug", "tenant_slug", "locale", "lane"], name="served_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prompt_slug} {self.tenant_slug or 'platform default'}"
