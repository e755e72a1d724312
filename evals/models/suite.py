"""Golden sets: suites, their frozen versions and cases."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from registry.models import Policy, Prompt, Tenant, User


class SuiteScope(models.TextChoices):
    """Whom a suite measures."""

    CORE = "core", "Every variant of the prompt"
    SLICE = "slice", "One customer's variants"
    SAFETY = "safety", "Every variant under the policy"
    LABELS = "labels", "A judge, against people's labels"


class Suite(models.Model):
    """A line of suite versions: core of a prompt, slice of a tenant, safety of a policy, labels."""

    scope = models.CharField(max_length=8, choices=SuiteScope, default=SuiteScope.CORE)
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, null=True, blank=True, related_name="suites"
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True, related_name="suites"
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, blank=True, related_name="suites"
    )
    name = models.CharField(max_length=200)
    active = models.BooleanField(default=True, help_text="No: kept, but measures nobody any more.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["prompt__slug", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "tenant", "policy", "name"],
                nulls_distinct=False,
                name="suite_once",
            ),
            models.CheckConstraint(
                name="suite_scope_names_its_owner",
                condition=models.Q(
                    scope__in=["core", "labels"],
                    prompt__isnull=False, tenant__isnull=True, policy__isnull=True,
                )
                | models.Q(
                    scope="slice",
                    prompt__isnull=False, tenant__isnull=False, policy__isnull=True,
                )
                | models.Q(
                    scope="safety",
                    prompt__isnull=True, tenant__isnull=True, policy__isnull=False,
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.prompt.slug if self.prompt else self.policy}: {self.name}"

    def get_absolute_url(self) -> str:
        """The suite's page."""
        return reverse("suite-detail", args=[self.pk])


class SuiteDraft(models.Model):
    """What the next version of a suite is to hold, while people edit it.

    `cases` is a list of rows in the shape of `evals.suites.clean_case`; `edition` counts the
    saves, so that a second save over somebody else's is refused.
    """

    suite = models.OneToOneField(Suite, on_delete=models.CASCADE, related_name="draft")
    based_on = models.ForeignKey(
        "SuiteVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cases: Any = models.JSONField(default=list)
    edition = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Draft of {self.suite}"


class SuiteVersion(models.Model):
    """One frozen set of cases; `eval_hash` is the SHA-256 of their canonical JSON."""

    suite = models.ForeignKey(Suite, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    eval_hash = models.CharField(max_length=64)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["suite", "number"], name="suite_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.suite} {self.number}"


class Case(models.Model):
    """One question with what a good answer must hold to."""

    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="cases")
    key = models.CharField(max_length=120)
    position = models.PositiveIntegerField()
    messages: Any = models.JSONField()
    variables: Any = models.JSONField(default=dict)
    tags: Any = models.JSONField(default=list)
    must_pass = models.BooleanField(default=False)
    weight = models.FloatField(default=1.0)
    expectations: Any = models.JSONField(default=list)
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what the model is asked."
    )
    source: Any = models.JSONField(
        default=dict, help_text="Where the case comes from: a comment, a call, an imported file."
    )

    class Meta:
        ordering = ["suite_version_id", "position"]
        constraints = [models.UniqueConstraint(fields=["suite_version", "key"], name="case_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def label(self) -> str:
        """What a run and its verdict know the case by: `core/refund-01`.

        A key is unique in its suite only; a run takes several suites.
        """
        return f"{self.suite_version.suite.name}/{self.key}"

    @property
    def question(self) -> str:
        """The last user message, which is what a reader knows the case by."""
        users = [m["content"] for m in self.messages if m.get("role") == "user"]
        return str(users[-1]) if users else ""
