"""What is being written: one open draft a line of each layer, and who is at it now."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from registry.models.account import User
from registry.models.layer import Base, Overlay, Policy


class Draft(models.Model):
    """What every draft carries; `edition` guards it against lost updates."""

    edition = models.PositiveIntegerField(default=1)
    contributor_ids = ArrayField(models.BigIntegerField(), default=list)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class OverlayDraft(Draft):
    """The one open draft of an overlay."""

    overlay = models.OneToOneField(Overlay, on_delete=models.CASCADE, related_name="draft")
    values: Any = models.JSONField(default=dict)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Draft of {self.overlay}"


class BaseDraft(Draft):
    """The one open draft of a base: what the next BaseVersion would say."""

    base = models.OneToOneField(Base, on_delete=models.CASCADE, related_name="draft")
    text = models.TextField(blank=True)
    slots: Any = models.JSONField(default=list)
    variables: Any = models.JSONField(default=list)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Draft of {self.base}"


class PolicyDraft(Draft):
    """The one open draft of a policy: what the next PolicyVersion would say."""

    policy = models.OneToOneField(Policy, on_delete=models.CASCADE, related_name="draft")
    text = models.TextField(blank=True)
    rules: Any = models.JSONField(default=dict)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Draft of {self.policy}"


class OverlayVisit(models.Model):
    """Somebody has this overlay's form open, since when, and their page's last sign of life."""

    overlay = models.ForeignKey(Overlay, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["overlay", "user"], name="overlay_visit_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.overlay}"
