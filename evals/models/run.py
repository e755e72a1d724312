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
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Arm(models.TextChoices):
    """Which side of the comparison an answer belongs to."""

    CANDIDATE = "candidate", "New"
    BASELINE = "baseline", "Old"


class RunKind(models.TextChoices):
    """What a run is for; only a gate's verdict counts at a release."""

    GATE = "gate", "Eval"
    TRIAL = "trial", "Trial of some cases"
    CALIBRATION = "calibration", "Calibration of a judge"


class SweepKind(models.TextChoices):
    """Why many variants are measured at once."""

    LIBRARY = "library", "Monthly run over the library"
    BASE = "base", "Change of a base"
    POLICY = "policy", "Change of a policy"
    MODEL = "model", "A model's retirement"
    JUDGE = "judge", "New version of a judge"


class Sweep(models.Model):
    """Many runs for one reason. `key` makes it once, whoever rings twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=SweepKind)
    key = models.CharField(max_length=120, unique=True)
    why = models.TextField()
    tier = models.PositiveSmallIntegerField()
    left_out: Any = models.JSONField(
        default=list, help_text="Variants that could not be measured, and why."
    )
    started_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.why

    def get_absolute_url(self) -> str:
        """The sweep's report."""
        return reverse("sweep-detail", args=[self.pk])


class EvalRun(models.Model):
    """SuiteVersions run on a Revision and on its baseline. Frozen before it starts."""

    ARROWS = {
        RunStage.RUNNING: {RunStage.PAUSED, RunStage.DONE, RunStage.CANCELLED},
        RunStage.PAUSED: {RunStage.RUNNING, RunStage.CANCELLED},
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
    must_pass_repeats = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=12, choices=RunKind, default=RunKind.GATE)
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    why = models.TextField(blank=True, help_text="What made it start.")
    sweep = models.ForeignKey(
        Sweep, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    again_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="again"
    )
    only: Any = models.JSONField(
        default=list, help_text="Primary keys of the cases asked; empty: all of the suites."
    )
    parameters: Any = models.JSONField(default=dict, help_text="Of the model: temperature and so.")
    judges: Any = models.JSONField(
        default=dict, help_text="Judge's slug to the Revision that scores in this run."
    )
    afresh = models.BooleanField(default=False, help_text="Earlier answers are not taken again.")
    scores_only = models.BooleanField(
        default=False, help_text="No model is asked: the answers of an earlier run are scored."
    )
    confirming = models.BooleanField(
        default=False, editable=False, help_text="What was screened is asked again, afresh."
    )
    confirms: Any = models.JSONField(
        default=list, editable=False, help_text="Primary keys of the cases asked again."
    )
    cost_estimate = models.DecimalField(
        "estimated cost (USD)", max_digits=12, decimal_places=6, null=True, blank=True
    )
    cost_cap = models.DecimalField(
        "cost cap (USD)", max_digits=12, decimal_places=6, null=True, blank=True
    )
    stopped_at_budget = models.BooleanField(default=False, editable=False)
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
    UNSCORED = "unscored", "Answered, not scored"
    ERROR = "error", "Error"


class CaseResult(models.Model):
    """One call of one case: its answer and score, or the error. Append-only."""

    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="results")
    arm = models.CharField(max_length=10, choices=Arm)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="results")
    repeat = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=1)
    fresh = models.BooleanField(default=False, help_text="Asked again to confirm what was seen.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    answer = models.TextField(blank=True)
    score = models.FloatField(null=True, help_text="0 to 1; passes from 0.5.")
    details: Any = models.JSONField(default=list)
    error = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    cost = models.DecimalField("cost (USD)", max_digits=12, decimal_places=8, null=True)
    tool_calls: Any = models.JSONField(default=list)
    answer_key = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of all that the answer depends on."
    )
    taken_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["answer_key", "-created_at"],
                condition=models.Q(taken_from__isnull=True) & ~models.Q(answer_key=""),
                name="case_result_by_answer_key",
            )
        ]
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
                condition=models.Q(outcome__in=["error", "unscored"], score__isnull=True)
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


class Calibration(models.Model):
    """How far a judge's Revision agrees with people's labels. Append-only.

    `agreement` and `kappa` (Cohen's, 1960; -1..1) with the kappa's two-sided 95 % interval;
    `answered` of `labelled` cases could be read as a label.
    """

    judge = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="calibrations")
    run = models.OneToOneField(EvalRun, on_delete=models.PROTECT, related_name="calibration")
    labelled = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    agreement = models.FloatField(null=True)
    kappa = models.FloatField(null=True)
    kappa_low = models.FloatField(null=True)
    kappa_high = models.FloatField(null=True)
    passed = models.BooleanField()
    said = models.TextField(help_text="The result in words.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Calibration of {self.judge}"


class Choice(models.TextChoices):
    """Which of two answers a person liked better, not knowing whose they were."""

    OLD = "old", "The old one"
    NEW = "new", "The new one"
    TIE = "tie", "Neither"


class Preference(models.Model):
    """One person's blind choice between a case's two answers. Append-only."""

    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="preferences")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=4, choices=Choice)
    new_was_left = models.BooleanField(help_text="Which side the new answer was shown on.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "case", "by"], name="preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_choice_display()}"
