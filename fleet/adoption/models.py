"""An un-fork in the browser: the files that were handed in, and what a person decides on each."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from registry.models import ModelTarget, Prompt, Tenant, User


class UnforkStage(models.TextChoices):
    """Where an un-fork stands."""

    OPEN = "open", "Open"
    DONE = "done", "Taken over"
    CANCELLED = "cancelled", "Cancelled"


class Unforking(models.Model):
    """Forked prompts on their way to become one base with slots and overlays."""

    ARROWS = {
        UnforkStage.OPEN: {UnforkStage.DONE, UnforkStage.CANCELLED},
        UnforkStage.DONE: set(),
        UnforkStage.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="unforkings")
    target = models.ForeignKey(ModelTarget, on_delete=models.PROTECT, related_name="+")
    base_text = models.TextField(blank=True, help_text="As given or proposed, with slot markers.")
    slots: Any = models.JSONField(default=list)
    unreadable: Any = models.JSONField(default=dict, help_text="File name -> why it was left out.")
    stage = models.CharField(
        max_length=12, choices=UnforkStage, default=UnforkStage.OPEN, editable=False
    )
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"Un-fork of {self.prompt}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("unfork-detail", args=[self.pk])


class ForkChoice(models.TextChoices):
    """What a person decided on one fork."""

    UNDECIDED = "undecided", "Not decided"
    ACCEPT = "accept", "Take over as base and overlay"
    LEAVE = "leave", "Leave as it is"


class ForkFile(models.Model):
    """One fork as it was handed in, byte for byte, and the slot values found for it."""

    unforking = models.ForeignKey(Unforking, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255, help_text="The tenant's slug, by the file's name.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.TextField()
    values: Any = models.JSONField(default=dict)
    is_exact = models.BooleanField(default=False)
    detail = models.TextField(blank=True)
    choice = models.CharField(max_length=12, choices=ForkChoice, default=ForkChoice.UNDECIDED)
    outcome = models.TextField(blank=True, help_text="What became of it.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["unforking_id", "name"]
        constraints = [models.UniqueConstraint(fields=["unforking", "name"], name="fork_file_once")]

    def __str__(self) -> str:
        return self.name
