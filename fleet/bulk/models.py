"""One act over many variants: each is done alone, and its row says how it went."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from registry.models import Revision, User, Variant


class BulkStage(models.TextChoices):
    """Where a bulk act stands."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"


class BulkAct(models.Model):
    """What was asked for, by whom and why; `kind` names its handler, `about` its ground."""

    ARROWS = {BulkStage.RUNNING: {BulkStage.DONE}, BulkStage.DONE: set[str]()}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    about: Any = models.JSONField(default=dict, help_text="Ids of what it is about.")
    reason = models.TextField()
    stage = models.CharField(
        max_length=10, choices=BulkStage, default=BulkStage.RUNNING, editable=False
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page with its progress."""
        return reverse("bulk-detail", args=[self.pk])


class RowState(models.TextChoices):
    """How one variant of a bulk act fared."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    LEFT = "left", "Left as it is"


class BulkRow(models.Model):
    """One variant of a bulk act; `goal` is the Revision it is to serve, where there is one."""

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="rows")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    goal = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=RowState, default=RowState.WAITING)
    said = models.TextField(blank=True, help_text="Why it was left, or what it serves now.")
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["act", "variant"], name="bulk_row_once_a_variant")
        ]
        indexes = [models.Index(fields=["act", "state"], name="bulk_row_state")]

    def __str__(self) -> str:
        return f"{self.act}: {self.variant}"
