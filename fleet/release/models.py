"""Revisions in traffic, and the one row a variant is served from."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from fleet.experiment.models import Experiment
from registry.models import Revision, User, Variant


class Stage(models.TextChoices):
    """Where a release stands."""

    STAGING = "staging", "Staging"
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
        Stage.STAGING: {Stage.SHADOW, Stage.CANARY, Stage.LIVE, Stage.SUPERSEDED},
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
    plan: Any = models.JSONField(
        default=list, blank=True,
        help_text="Steps of a canary: [{share, soak_minutes}, …]; after the last it goes live.",
    )  # fmt: skip
    step = models.PositiveSmallIntegerField(default=0, help_text="Place in the plan, from 0.")
    step_at = models.DateTimeField(null=True, blank=True, help_text="When this step began.")
    by_time = models.BooleanField(
        default=False, help_text="Goes on by itself after each soak time; else a person does it."
    )
    held_why = models.TextField(blank=True, help_text="What stopped its last step; empty: nothing.")
    known: Any = models.JSONField(
        default=list, blank=True, help_text="Warnings that somebody ticked: they hold no step."
    )
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, null=True, blank=True, related_name="releases"
    )
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
            *(
                models.UniqueConstraint(
                    fields=["variant"], condition=models.Q(stage=stage),
                    name=f"one_{stage}_release_a_variant",
                )
                for stage in ("canary", "shadow", "staging")
            ),
            models.CheckConstraint(
                condition=models.Q(share__gt=0, share__lte=1), name="release_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["rollback", "break_glass"]) | ~models.Q(reason=""),
                name="unusual_release_has_reason",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["variant", "-released_at"], name="release_by_variant"),
            models.Index(
                fields=["step_at"], name="release_stepping",
                condition=models.Q(stage="canary", by_time=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.revision} ({self.get_stage_display()})"

    @property
    def live_since(self) -> datetime:
        """When all callers began to get it: a canary's promotion, else its release."""
        return self.step_at or self.released_at


class Served(models.Model):
    """What callers get for one Variant: ready JSON, written in the switching transaction.

    A fetch reads this row alone, by its four names; `tenant_slug` is empty for the
    platform default. `gone` answers 410. While a canary runs, `canary_body` is what its
    sessions get. `as_fallback` is this variant as an entry of another lane's `fallbacks`.
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
    canary_release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    canary_share = models.FloatField(default=0.0, help_text="Share of sessions, 0 to 1.")
    canary_body = models.TextField(blank=True)
    canary_etag = models.CharField(max_length=64, blank=True)
    as_fallback = models.TextField(blank=True, help_text="A JSON object.")
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


class Change(models.Model):
    """One change of what is served. Written by PostgreSQL itself as the switch commits.

    `cursor` grows in the order of the commits: the trigger takes its lock as the last thing
    before the commit, so no reader can see a later cursor before an earlier one.
    """

    cursor = models.BigAutoField(primary_key=True)
    prompt_slug = models.CharField(max_length=80)
    tenant_slug = models.CharField(max_length=80, blank=True)
    locale = models.CharField(max_length=20)
    lane = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        ordering = ["cursor"]

    def __str__(self) -> str:
        return f"{self.cursor} {self.prompt_slug} {self.tenant_slug or 'platform default'}"


class BreakGlassStage(models.TextChoices):
    """Whether a policy owner has looked at it."""

    UNREVIEWED = "unreviewed", "Not reviewed yet"
    REVIEWED = "reviewed", "Reviewed"


class BreakGlass(models.Model):
    """A release that went round the gate: what stood in its way, and who looked at it after."""

    ARROWS = {
        BreakGlassStage.UNREVIEWED: {BreakGlassStage.REVIEWED},
        BreakGlassStage.REVIEWED: set(),
    }

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="break_glass")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="break_glasses")
    stage = models.CharField(
        max_length=12, choices=BreakGlassStage, default=BreakGlassStage.UNREVIEWED, editable=False
    )
    reason = models.TextField()
    stood_in_the_way: Any = models.JSONField(default=list, help_text="The blockers at that time.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, help_text="What the policy owner said.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "break-glass releases"
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="break_glass_has_reason")
        ]

    def __str__(self) -> str:
        return f"Break-glass of {self.release}"
