"""Golden sets: suites, their frozen versions and cases."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from registry.models import Prompt, Tenant, User


class Suite(models.Model):
    """A line of suite versions: a prompt's core set, or one tenant's slice."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="suites")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True, related_name="suites"
    )
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["prompt__slug", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "tenant", "name"], nulls_distinct=False, name="suite_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prompt.slug}: {self.name}"


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
