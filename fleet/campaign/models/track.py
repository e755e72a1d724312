"""One variant's way through a campaign."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from evals.models import EvalRun
from fleet.campaign.models.campaign import Campaign, Cause, Wave
from fleet.release.models import Release
from registry.models import Revision, User, Variant


class TrackStage(models.TextChoices):
    """Where one variant stands in a campaign."""

    QUEUED = "queued", "Queued"
    EVALUATING = "evaluating", "Evaluating"
    NEEDS_WORK = "needs_work", "Needs work"
    AWAITING_SIGN_OFF = "awaiting_sign_off", "Waiting for sign-off"
    SIGNED_OFF = "signed_off", "Signed off"
    SCHEDULED = "scheduled", "Scheduled"
    CANARY = "canary", "Canary"
    CUT_OVER = "cut_over", "Cut over"
    WATCHED = "watched", "Being watched"
    DONE = "done", "Done"
    ROLLED_BACK = "rolled_back", "Rolled back"
    EXEMPT = "exempt", "Exempt"
    DEFERRED = "deferred", "Deferred"
    CANCELLED = "cancelled", "Cancelled"


_ASIDE = {TrackStage.EXEMPT, TrackStage.DEFERRED, TrackStage.CANCELLED}
"""Where a track may go from any stage before its cutover."""

SERVING = (TrackStage.CUT_OVER, TrackStage.WATCHED, TrackStage.DONE)
"""Stages in which what the campaign brings is live for all callers of the variant."""


class Track(models.Model):
    """One variant's way through a campaign. Closed tracks free the variant for another."""

    ARROWS = {
        TrackStage.QUEUED: {TrackStage.EVALUATING, *_ASIDE},
        TrackStage.EVALUATING: {
            TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF, *_ASIDE,
        },
        TrackStage.NEEDS_WORK: {TrackStage.EVALUATING, TrackStage.AWAITING_SIGN_OFF, *_ASIDE},
        TrackStage.AWAITING_SIGN_OFF: {
            TrackStage.SIGNED_OFF, TrackStage.NEEDS_WORK, TrackStage.EVALUATING, *_ASIDE,
        },
        TrackStage.SIGNED_OFF: {
            TrackStage.SCHEDULED, TrackStage.CANARY, TrackStage.CUT_OVER, TrackStage.NEEDS_WORK,
            TrackStage.EVALUATING, TrackStage.AWAITING_SIGN_OFF, *_ASIDE,
        },
        TrackStage.SCHEDULED: {
            TrackStage.SIGNED_OFF, TrackStage.CANARY, TrackStage.CUT_OVER, TrackStage.NEEDS_WORK,
            TrackStage.EVALUATING, TrackStage.AWAITING_SIGN_OFF, *_ASIDE,
        },
        TrackStage.CANARY: {
            TrackStage.CUT_OVER, TrackStage.NEEDS_WORK, TrackStage.ROLLED_BACK,
            TrackStage.CANCELLED,
        },
        TrackStage.CUT_OVER: {TrackStage.WATCHED, TrackStage.DONE, TrackStage.ROLLED_BACK},
        TrackStage.WATCHED: {TrackStage.DONE, TrackStage.ROLLED_BACK},
        TrackStage.DONE: {TrackStage.ROLLED_BACK},
        TrackStage.ROLLED_BACK: {
            TrackStage.NEEDS_WORK, TrackStage.EVALUATING, TrackStage.CANCELLED,
        },
        TrackStage.EXEMPT: {TrackStage.QUEUED},
        TrackStage.DEFERRED: {TrackStage.QUEUED, TrackStage.EXEMPT, TrackStage.CANCELLED},
        TrackStage.CANCELLED: set(),
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="tracks")
    wave = models.ForeignKey(
        Wave, on_delete=models.SET_NULL, null=True, blank=True, related_name="tracks"
    )
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="tracks")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="tracks",
        help_text="Who brings it home. Empty: the account's owners.",
    )  # fmt: skip
    baseline = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", help_text="Live when it was opened."
    )
    revision = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        related_name="tracks",
        help_text="The one to cut over to; the baseline until it is prepared.",
    )
    prepared_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its own Revision was made."
    )
    run = models.ForeignKey(
        EvalRun, on_delete=models.PROTECT, null=True, blank=True, related_name="tracks"
    )
    sign_off_exempt_why = models.TextField(
        blank=True, help_text="Why this customer need not sign. Empty: they have to."
    )
    scheduled_for = models.DateTimeField(null=True, blank=True)
    scheduled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="In whose name it is cut over at its time.",
    )  # fmt: skip
    release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_why = models.TextField(
        blank=True, help_text="What kept the last cutover or step of its canary back."
    )
    cut_over_at = models.DateTimeField(
        null=True, blank=True, help_text="When what the campaign brings went live for all."
    )
    watch_until = models.DateTimeField(null=True, blank=True)
    watch_run = models.ForeignKey(
        EvalRun, on_delete=models.PROTECT, null=True, blank=True, related_name="watching"
    )
    deferred_until = models.DateField(null=True, blank=True)
    stage = models.CharField(
        max_length=20, choices=TrackStage, default=TrackStage.QUEUED, editable=False
    )
    moves = models.PositiveIntegerField(
        default=0, help_text="Counts its changes of stage: a step is owed once for each."
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_why = models.TextField(blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["campaign_id", "variant_id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "variant"], name="track_once_a_campaign"),
            models.UniqueConstraint(
                fields=["variant"],
                condition=Q(closed_at__isnull=True),
                name="track_one_campaign_owns_a_variant",
            ),
            models.CheckConstraint(
                condition=~Q(stage="scheduled")
                | Q(scheduled_for__isnull=False, scheduled_by__isnull=False),
                name="scheduled_track_has_time_and_person",
            ),
            models.CheckConstraint(
                condition=~Q(stage="deferred") | Q(deferred_until__isnull=False),
                name="deferred_track_has_date",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "stage"], name="track_by_stage")]

    def __str__(self) -> str:
        return f"{self.variant} to {self.campaign.goal}"

    def get_absolute_url(self) -> str:
        """The track's page."""
        return reverse("track-detail", args=[self.pk])

    @property
    def needs_sign_off(self) -> bool:
        """Whether the customer has to sign."""
        return not self.sign_off_exempt_why

    @property
    def is_serving(self) -> bool:
        """Whether what the campaign brings is live for all."""
        return self.stage in SERVING

    @property
    def due_at(self) -> dt.datetime | None:
        """When it is to be cut over; None without a time, and once it has begun."""
        return self.scheduled_for if self.stage == TrackStage.SCHEDULED else None

    @property
    def has_own_words(self) -> bool:
        """Whether somebody wrote for this variant alone, so that it needs a review of its own.

        What a new base or policy changes is the same decision for all: a batch may make it.
        """
        if self.campaign.cause == Cause.MODEL:
            return self.revision.sha256 != self.baseline.sha256
        return self.revision.overlay_version_id != self.baseline.overlay_version_id

    @property
    def does_not_fit(self) -> bool:
        """Whether no revision could be made: the overlay fills a slot that is gone."""
        return self.prepared_at is not None and self.revision_id == self.baseline_id
