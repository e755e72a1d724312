"""Which lane answers whom: router versions, reviewed and released like prompts."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from fleet.review.models import Decision
from registry.models import Prompt, User


class RouterVersion(models.Model):
    """One frozen set of rules for a prompt, or for all prompts without rules of their own.

    `rules` and `fallbacks` have the shape of `fleet.router.rules`. Never changes.
    """

    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, null=True, blank=True, related_name="router_versions"
    )
    number = models.PositiveIntegerField()
    rules: Any = models.JSONField(default=list)
    fallbacks: Any = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    note = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "number"], nulls_distinct=False, name="router_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"Router {self.prompt.slug if self.prompt else 'of all prompts'} {self.number}"


class RouterReviewStage(models.TextChoices):
    """Where a router version's review stands."""

    OPEN = "open", "In review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    PUBLISHED = "published", "Published"


class RouterReview(models.Model):
    """A request to put one router version in force."""

    ARROWS = {
        RouterReviewStage.OPEN: {
            RouterReviewStage.APPROVED, RouterReviewStage.REJECTED, RouterReviewStage.WITHDRAWN,
        },
        RouterReviewStage.APPROVED: {RouterReviewStage.PUBLISHED, RouterReviewStage.WITHDRAWN},
        RouterReviewStage.REJECTED: set(),
        RouterReviewStage.WITHDRAWN: set(),
        RouterReviewStage.PUBLISHED: set(),
    }  # fmt: skip

    version = models.OneToOneField(RouterVersion, on_delete=models.PROTECT, related_name="review")
    stage = models.CharField(
        max_length=12, choices=RouterReviewStage, default=RouterReviewStage.OPEN, editable=False
    )
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"Review of {self.version}"

    def get_absolute_url(self) -> str:
        """The review's page."""
        return reverse("router-review", args=[self.pk])


class RouterApproval(models.Model):
    """A yes or no on exactly one router version, by somebody who did not write it. Append-only."""

    version = models.ForeignKey(RouterVersion, on_delete=models.PROTECT, related_name="approvals")
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "by"], name="router_approval_once"),
            models.CheckConstraint(
                condition=models.Q(decision="approve") | ~models.Q(reason=""),
                name="router_rejection_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.by}"


class RouterStage(models.TextChoices):
    """Whether a router version is in force."""

    LIVE = "live", "In force"
    SUPERSEDED = "superseded", "Superseded"
    ROLLED_BACK = "rolled_back", "Rolled back"


class RouterRelease(models.Model):
    """A router version in force for a prompt, or for all prompts."""

    ARROWS = {
        RouterStage.LIVE: {RouterStage.SUPERSEDED, RouterStage.ROLLED_BACK},
        RouterStage.SUPERSEDED: set(),
        RouterStage.ROLLED_BACK: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, null=True, blank=True, related_name="router_releases"
    )
    version = models.ForeignKey(RouterVersion, on_delete=models.PROTECT, related_name="releases")
    stage = models.CharField(
        max_length=12, choices=RouterStage, default=RouterStage.LIVE, editable=False
    )
    reason = models.TextField(blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-released_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt"], condition=models.Q(stage="live"), nulls_distinct=False,
                name="one_router_in_force",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.version} ({self.get_stage_display()})"
