"""A dry run of a base or policy draft over the fleet, and what it found for each variant."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from registry.models import Base, Policy, User, Variant


class BlastStage(models.TextChoices):
    """Where a dry run stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class BlastRadius(models.Model):
    """One dry run: exactly one of `base` and `policy` is being edited, `document` is its draft.

    `document` is what was tried out ({text, slots, variables} or {text, rules}), `sha256` its
    fingerprint: a draft that has moved on since has another.
    """

    ARROWS = {
        BlastStage.QUEUED: {BlastStage.RUNNING, BlastStage.FAILED, BlastStage.CANCELLED},
        BlastStage.RUNNING: {BlastStage.DONE, BlastStage.FAILED, BlastStage.CANCELLED},
        BlastStage.DONE: set(),
        BlastStage.FAILED: set(),
        BlastStage.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    base = models.ForeignKey(Base, on_delete=models.PROTECT, null=True, blank=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, blank=True)
    document: Any = models.JSONField()
    sha256 = models.CharField(max_length=64)
    stage = models.CharField(
        max_length=12, choices=BlastStage, default=BlastStage.QUEUED, editable=False
    )
    total = models.PositiveIntegerField(default=0, help_text="Variants to look at.")
    seen = models.PositiveIntegerField(default=0, help_text="Variants looked at so far.")
    summary: Any = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name_plural = "blast radii"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(base__isnull=True) ^ models.Q(policy__isnull=True),
                name="blast_radius_of_one_layer",
            )
        ]

    def __str__(self) -> str:
        return f"Blast radius of {self.base or self.policy}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("blast-radius", args=[self.pk])


class BlastRow(models.Model):
    """What the draft would do to one variant. Variants that nothing happens to have no row."""

    radius = models.ForeignKey(BlastRadius, on_delete=models.CASCADE, related_name="rows")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    changes_text = models.BooleanField(default=False)
    breaks: Any = models.JSONField(default=list, help_text="Findings that would newly block.")
    warns: Any = models.JSONField(default=list, help_text="Findings newly to look at.")
    heals: Any = models.JSONField(default=list, help_text="Findings that would go.")
    redundant: Any = models.JSONField(default=list, help_text="Slots that repeat the new default.")
    problem = models.TextField(blank=True, help_text="Why it would not compose.")

    class Meta:
        ordering = ["radius_id", "variant_id"]
        constraints = [models.UniqueConstraint(fields=["radius", "variant"], name="blast_row_once")]

    def __str__(self) -> str:
        return f"{self.variant} in {self.radius}"
