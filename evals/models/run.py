"""Eval runs, their answers and what they amount to."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from evals.models.suite import Case, SuiteVersion
from registry.models import Revision, User, Variant


class RunStage(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Arm(models.TextChoices):
    """Which side of the comparison an answer belongs to."""

    CANDIDATE = "candidate", "New"
    BASELINE = "baseline", "Old"


class EvalRun(models.Model):
    """SuiteVersions run on a Revision and on its baseline. Frozen before it starts."""

    ARROWS = {
        RunStage.RUNNING: {RunStage.DONE, RunStage.CANCELLED},
        RunStage.DONE: set(),
        RunStage.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="eval_runs")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="eval_runs")
    baseline = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    suite_versions = models.ManyToManyField(SuiteVersion, related_name="eval_runs")
    eval_hash = models.CharField(max_length=64, help_text="Over all suite versions of the run.")
    thresholds: Any = models.JSONField(default=dict)
    repeats = models.PositiveIntegerField(default=1)
    calls_planned = models.PositiveIntegerField(default=0)
    stage = models.CharField(
        max_length=12, choices=RunStage, default=RunStage.RUNNING, editable=False
    )
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["variant", "-started_at"], name="run_by_variant")]

    def __str__(self) -> str:
        return f"Eval of {self.revision}"

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("eval-run-detail", args=[self.pk])


class Outcome(models.TextChoices):
    """Whether a call brought an answer; an infrastructure error is neither pass nor fail."""

    ANSWERED = "answered", "Answered"
    ERROR = "error", "Error"


class CaseResult(models.Model):
    """One call of one case: its answer and score, or the error. Append-only."""

    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="results")
    arm = models.CharField(max_length=10, choices=Arm)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="results")
    repeat = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=Outcome)
    answer = models.TextField(blank=True)
    score = models.FloatField(null=True, help_text="0 to 1; passes from 0.5.")
    details: Any = models.JSONField(default=list)
    error = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "arm", "case", "repeat", "attempt"],
                name="case_result_once_an_attempt",
            ),
            models.UniqueConstraint(
                fields=["run", "arm", "case", "repeat"],
                condition=models.Q(outcome="answered"),
                name="case_result_answered_once",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="error", score__isnull=True)
                | models.Q(outcome="answered", score__gte=0, score__lte=1),
                name="case_result_scored_if_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} ({self.arm})"

    @property
    def passed(self) -> bool:
        """Whether the answer holds what the case expects."""
        return self.score is not None and self.score >= 0.5


class VerdictKind(models.TextChoices):
    """What a run amounts to."""

    GO = "go", "Go"
    NO_GO = "no_go", "No-go"
    INCONCLUSIVE = "inconclusive", "Inconclusive"


class Verdict(models.Model):
    """What the gate said of a run, in full. Append-only."""

    run = models.OneToOneField(EvalRun, on_delete=models.PROTECT, related_name="verdict")
    kind = models.CharField(max_length=12, choices=VerdictKind)
    headline = models.TextField()
    decision: Any = models.JSONField(default=dict)
    pass_rate = models.FloatField(null=True)
    baseline_pass_rate = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.headline
