"""One migration or roll-out over many variants."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from registry.models import BaseVersion, ModelTarget, PolicyVersion, User


class CampaignStage(models.TextChoices):
    """Where a campaign stands."""

    PLANNED = "planned", "Planned"
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
        CampaignStage.PLANNED: {CampaignStage.RUNNING, CampaignStage.CANCELLED},
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
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    deadline = models.DateField(
        null=True, blank=True, help_text="All has to be through by then; empty means no date."
    )
    min_pass_rate = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="For all of its variants, 0 to 1. Empty: each variant's own.",
    )  # fmt: skip
    margin = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.001), MaxValueValidator(1.0)],
        help_text="Largest tolerated drop for all, 0 to 1. Empty: each variant's own.",
    )  # fmt: skip
    plan: Any = models.JSONField(
        default=list, blank=True,
        help_text="Steps of each variant's canary as in a release; none: live for all at once.",
    )  # fmt: skip
    by_time = models.BooleanField(
        default=True, help_text="Canaries go on after their soak time; else a person takes each on."
    )
    watch_hours = models.PositiveIntegerField(
        default=0, help_text="How long a variant is watched after its cutover, in hours."
    )
    most_complaints = models.PositiveIntegerField(
        default=0, help_text="So many complaints in the watch period are still fine."
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_why = models.TextField(blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=models.F("target")), name="campaign_moves_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(
                    cause="model",
                    source__isnull=False,
                    target__isnull=False,
                    base_version__isnull=True,
                    policy_version__isnull=True,
                )
                | Q(
                    cause="base",
                    base_version__isnull=False,
                    source__isnull=True,
                    target__isnull=True,
                    policy_version__isnull=True,
                )
                | Q(
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


class Wave(models.Model):
    """Tracks of a campaign that go together. `starts_on`: not cut over before that day.

    The day begins in each tenant's own time zone.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80, blank=True)
    starts_on: models.DateField[dt.date | None, dt.date | None] = models.DateField(
        null=True, blank=True
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_why = models.TextField(blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["campaign_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="wave_once_a_campaign")
        ]

    def __str__(self) -> str:
        return self.name or f"Wave {self.number}"
