"""The event trail and the leased work: rows that the invariants stand on."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from registry.models.account import User
from registry.models.prompt import Variant


class Event(models.Model):
    """One thing that was done, by whom, to what and why. Append-only."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    verb = models.CharField(max_length=60, db_index=True)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty: the product itself.",
    )  # fmt: skip
    why = models.TextField(blank=True)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    data: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["variant", "-id"], name="event_by_variant"),
            models.Index(fields=["subject_type", "subject_id"], name="event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"


class WorkState(models.TextChoices):
    """Where a piece of work stands."""

    QUEUED = "queued", "Waiting"
    LEASED = "leased", "In hand"
    DONE = "done", "Done"
    DEAD = "dead", "Given up"


class WorkItem(models.Model):
    """A piece of work in flight, or an effect owed to the outside (the outbox).

    Written in the business transaction; `key` makes it happen once. A worker owns it
    while `lease_until` lies ahead; `token` fences out a worker whose lease ran out.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    payload: Any = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    token = models.UUIDField(default=uuid.uuid4)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True, help_text="Last rung by the reconciler.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                name="work_open",
                condition=models.Q(state__in=["queued", "leased"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Heartbeat(models.Model):
    """When a worker last proved to be alive; `/readyz` reads it."""

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
