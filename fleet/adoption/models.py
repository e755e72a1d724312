"""An un-fork in the browser: the files that were handed in, and what a person decides on each."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from registry.compose import Slot
from registry.models import ModelTarget, Prompt, Tenant, User, Variant


class UnforkStage(models.TextChoices):
    """Where an un-fork stands."""

    READING = "reading", "Being compared"
    OPEN = "open", "To be decided"
    ADOPTING = "adopting", "Being taken over"
    DONE = "done", "Taken over"
    CANCELLED = "cancelled", "Cancelled"


class BaseChoice(models.TextChoices):
    """Where the base the forks are compared with comes from."""

    GIVEN = "given", "A file"
    OWN = "own", "The prompt's own base"
    PROPOSED = "proposed", "Proposed from what most forks share"


class Unforking(models.Model):
    """Forked prompts on their way to become one base with slots and overlays.

    `total` and `seen` count forks in the stages that a worker moves: progress. `prompt` is
    None until a new one is made, when the first fork is taken over.
    """

    ARROWS = {
        UnforkStage.READING: {UnforkStage.OPEN, UnforkStage.CANCELLED},
        UnforkStage.OPEN: {UnforkStage.ADOPTING, UnforkStage.CANCELLED},
        UnforkStage.ADOPTING: {UnforkStage.DONE, UnforkStage.OPEN},
        UnforkStage.DONE: set(),
        UnforkStage.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, null=True, blank=True, related_name="unforkings"
    )
    prompt_slug = models.CharField(max_length=80)
    target = models.ForeignKey(ModelTarget, on_delete=models.PROTECT, related_name="+")
    base_choice = models.CharField(
        max_length=12, choices=BaseChoice, default=BaseChoice.PROPOSED, editable=False
    )
    base_text = models.TextField(blank=True, help_text="As given or proposed, with slot markers.")
    base_origin = models.TextField(blank=True, help_text="Where the base came from, how sure.")
    slots: Any = models.JSONField(default=list)
    fence_removed = models.BooleanField(
        default=False, help_text="The forks began with the composed policy, which was taken off."
    )
    unreadable: Any = models.JSONField(default=dict, help_text="File name -> why it was left out.")
    stage = models.CharField(
        max_length=12, choices=UnforkStage, default=UnforkStage.READING, editable=False
    )
    total = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, help_text="What kept a worker from going on.")
    reason = models.TextField(blank=True, help_text="Why they are adopted without evidence.")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(excluded_fields=["total", "seen"])

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"Un-fork of {self.prompt_slug}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("unfork-detail", args=[self.pk])

    @property
    def sign(self) -> str:
        """The state whose sign and colour its pill takes: one that moves looks like running."""
        moving = self.stage in (UnforkStage.READING, UnforkStage.ADOPTING)
        return "running" if moving else self.stage

    @property
    def slot_list(self) -> list[Slot]:
        """The proposed slots, in order."""
        return [Slot.from_json(row) for row in self.slots]


class ForkChoice(models.TextChoices):
    """What a person decided on one fork."""

    UNDECIDED = "undecided", "Not decided"
    ACCEPT = "accept", "Take over as base and overlay"
    LEAVE = "leave", "Leave as it is"


class ForkFile(models.Model):
    """One fork as it was handed in, byte for byte, and the slot values found for it.

    `tenant` is who it belongs to where that is known; else one called `slug` is made from
    `facts` (what the tenants' CSV says) when the fork is taken over.
    """

    unforking = models.ForeignKey(Unforking, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255, help_text="The file's name, or the row's.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    slug = models.CharField(max_length=255, blank=True)
    facts: Any = models.JSONField(default=dict)
    text = models.TextField()
    values: Any = models.JSONField(default=dict)
    is_exact = models.BooleanField(default=False)
    detail = models.TextField(blank=True)
    share = models.FloatField(default=0, help_text="Letters in common with the base, 0 to 1.")
    findings: Any = models.JSONField(default=list, help_text="What the policy says of the values.")
    choice = models.CharField(max_length=12, choices=ForkChoice, default=ForkChoice.UNDECIDED)
    outcome = models.TextField(blank=True, help_text="What became of it.")
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    history = HistoricalRecords(excluded_fields=["text", "findings"])

    class Meta:
        ordering = ["unforking_id", "name"]
        constraints = [models.UniqueConstraint(fields=["unforking", "name"], name="fork_file_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("fork-detail", args=[self.pk])
