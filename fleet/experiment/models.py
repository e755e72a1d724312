"""A/B: one named arm beside what is live, in every variant of a segment that has one."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from registry.models import Prompt, User


class ExperimentStage(models.TextChoices):
    """Where an experiment stands."""

    RUNNING = "running", "Running"
    PROMOTED = "promoted", "The arm went live"
    ENDED = "ended", "Ended, control stays"


class Experiment(models.Model):
    """In each variant of the segment the arm takes its share as a canary does.

    The releases are the arms; one live release a variant still holds.
    """

    ARROWS = {
        ExperimentStage.RUNNING: {ExperimentStage.PROMOTED, ExperimentStage.ENDED},
        ExperimentStage.PROMOTED: set(),
        ExperimentStage.ENDED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    arm = models.CharField("name of the arm", max_length=40)
    question = models.TextField("what it is to find out")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="experiments")
    segment = models.CharField(max_length=40, blank=True, help_text="Empty: every segment.")
    share = models.FloatField(help_text="Share of sessions that get the arm, 0 to 0.5.")
    stage = models.CharField(
        max_length=12, choices=ExperimentStage, default=ExperimentStage.RUNNING, editable=False
    )
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(share__gt=0, share__lte=0.5), name="experiment_share_is_a_share"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The experiment's page."""
        return reverse("experiment-detail", args=[self.pk])
