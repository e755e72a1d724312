"""One migration or roll-out over many variants, and each variant's way through it."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from evals.models import EvalRun
from fleet.release.models import Release
from registry.models import BaseVersion, ModelTarget, PolicyVersion, Revision, User, Variant


class CampaignStage(models.TextChoices):
    """Where a campaign stands."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Cause(models.TextChoices):
    """What a campaign moves variants to."""

    MODEL = "model", "Model"
    BASE = "base", "Base"
    POLICY = "policy", "Policy"


class Campaign(models.Model):
    """Moves variants to another model (`source` to `target`), or to a new base or policy.

    On screen: model migration, or roll-out of the new version.
    """

    ARROWS = {
        CampaignStage.RUNNING: {CampaignStage.DONE, CampaignStage.CANCELLED},
        CampaignStage.DONE: {CampaignStage.RUNNING},
        CampaignStage.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.MODEL)
    source = models.ForeignKey(
        ModelTarget, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns_from"
    )
    target = models.ForeignKey(
        ModelTarget, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns_to"
    )
    base_version = models.ForeignKey(
        BaseVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns"
    )
    policy_version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns"
    )
    stage = models.CharField(
        max_length=12, choices=CampaignStage, default=CampaignStage.RUNNING, editable=False
    )
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="campaign_moves_somewhere"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    cause="model",
                    source__isnull=False,
                    target__isnull=False,
                    base_version__isnull=True,
                    policy_version__isnull=True,
                )
                | models.Q(
                    cause="base",
                    base_version__isnull=False,
                    source__isnull=True,
                    target__isnull=True,
                    policy_version__isnull=True,
                )
                | models.Q(
                    cause="policy",
                    policy_version__isnull=False,
                    source__isnull=True,
                    target__isnull=True,
                    base_version__isnull=True,
                ),
                name="campaign_names_what_its_cause_is",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The board."""
        return reverse("campaign-board", args=[self.pk])

    @property
    def word(self) -> str:
        """What a campaign of this cause is called on screen."""
        return "migration" if self.cause == Cause.MODEL else "roll-out"

    @property
    def origin(self) -> str:
        """What the variants leave."""
        return str(self.source) if self.source else "earlier versions"

    @property
    def goal(self) -> str:
        """What the variants move to: a model, “base 2.4.0” or “policy 5”."""
        if self.base_version is not None:
            return f"base {self.base_version.semver}"
        if self.policy_version is not None:
            return f"policy {self.policy_version.number}"
        return str(self.target)

    @property
    def usual_name(self) -> str:
        """What it is called where nobody names it."""
        if self.cause == Cause.MODEL:
            return f"{self.source} → {self.target}"
        return f"Roll-out of {self.goal}"


class TrackStage(models.TextChoices):
    """Where one variant stands in a campaign."""

    QUEUED = "queued", "Queued"
    EVALUATING = "evaluating", "Evaluating"
    NEEDS_WORK = "needs_work", "Needs work"
    AWAITING_SIGN_OFF = "awaiting_sign_off", "Waiting for sign-off"
    SIGNED_OFF = "signed_off", "Signed off"
    CUT_OVER = "cut_over", "Cut over"
    ROLLED_BACK = "rolled_back", "Rolled back"
    CANCELLED = "cancelled", "Cancelled"


class Track(models.Model):
    """One variant's way through a campaign. Closed tracks free the variant for another."""

    ARROWS = {
        TrackStage.QUEUED: {TrackStage.EVALUATING, TrackStage.CANCELLED},
        TrackStage.EVALUATING: {
            TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF, TrackStage.CANCELLED,
        },
        TrackStage.NEEDS_WORK: {TrackStage.EVALUATING, TrackStage.CANCELLED},
        TrackStage.AWAITING_SIGN_OFF: {
            TrackStage.SIGNED_OFF, TrackStage.NEEDS_WORK, TrackStage.EVALUATING,
            TrackStage.CANCELLED,
        },
        TrackStage.SIGNED_OFF: {
            TrackStage.CUT_OVER, TrackStage.NEEDS_WORK, TrackStage.EVALUATING, TrackStage.CANCELLED,
        },
        TrackStage.CUT_OVER: {TrackStage.ROLLED_BACK},
        TrackStage.ROLLED_BACK: {TrackStage.EVALUATING, TrackStage.CANCELLED},
        TrackStage.CANCELLED: set(),
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="tracks")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="tracks")
    baseline = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", help_text="Live when it was opened."
    )
    revision = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        related_name="tracks",
        help_text="The one to cut over to.",
    )
    run = models.ForeignKey(
        EvalRun, on_delete=models.PROTECT, null=True, blank=True, related_name="tracks"
    )
    release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stage = models.CharField(
        max_length=20, choices=TrackStage, default=TrackStage.QUEUED, editable=False
    )
    changed_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["campaign_id", "variant_id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "variant"], name="track_once_a_campaign"),
            models.UniqueConstraint(
                fields=["variant"],
                condition=models.Q(closed_at__isnull=True),
                name="track_one_campaign_owns_a_variant",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "stage"], name="track_by_stage")]

    def __str__(self) -> str:
        return f"{self.variant} to {self.campaign.goal}"

    def get_absolute_url(self) -> str:
        """The track's page."""
        return reverse("track-detail", args=[self.pk])

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
        """Whether no revision could be made yet: the overlay fills a slot that is gone."""
        return self.revision_id == self.baseline_id


class SignOffDecision(models.TextChoices):
    """What the customer said."""

    APPROVED = "approved", "Signed off"
    DECLINED = "declined", "Declined"


class SignOff(models.Model):
    """The customer's yes or no on exactly this text, model and evidence. Append-only."""

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="sign_offs")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="sign_offs")
    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    model_snapshot = models.CharField(max_length=120)
    eval_hash = models.CharField(max_length=64)
    decision = models.CharField(max_length=10, choices=SignOffDecision)
    contact_name = models.CharField(max_length=300)
    reference = models.TextField(help_text="Where the customer's answer can be found.")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reference=""), name="recorded_sign_off_has_reference"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.contact_name}"
