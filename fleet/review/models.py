"""Our internal change request and the yes or no on it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from evals.models import EvalRun
from registry.models import Revision, User, Variant


class ReviewStage(models.TextChoices):
    """Where a review stands."""

    OPEN = "open", "In review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    PUBLISHED = "published", "Published"


class Review(models.Model):
    """A request to let one Revision out."""

    ARROWS = {
        ReviewStage.OPEN: {ReviewStage.APPROVED, ReviewStage.REJECTED, ReviewStage.WITHDRAWN},
        ReviewStage.APPROVED: {ReviewStage.PUBLISHED, ReviewStage.OPEN, ReviewStage.WITHDRAWN},
        ReviewStage.REJECTED: set(),
        ReviewStage.WITHDRAWN: {ReviewStage.OPEN},
        ReviewStage.PUBLISHED: set(),
    }

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="reviews")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="review")
    rationale = models.TextField()
    stage = models.CharField(
        max_length=12, choices=ReviewStage, default=ReviewStage.OPEN, editable=False
    )
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    opened_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["stage", "opened_at"], name="review_queue")]

    def __str__(self) -> str:
        return f"Review of {self.revision}"

    def get_absolute_url(self) -> str:
        """The review's page."""
        return reverse("review-detail", args=[self.pk])


class Decision(models.TextChoices):
    """What an approver said."""

    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"


class Approval(models.Model):
    """A yes or no on exactly one Revision, on exactly this evidence. Append-only.

    `batch` ties together the approvals given in one decision over a campaign's repins.
    """

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="approvals")
    review = models.ForeignKey(
        Review, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    batch = models.UUIDField(null=True, blank=True, default=None, db_index=True)
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    pins: Any = models.JSONField()
    eval_hash = models.CharField(max_length=64, blank=True)
    run = models.ForeignKey(
        EvalRun, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    verdict = models.CharField(max_length=12, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "by"], name="approval_once_a_person"),
            models.CheckConstraint(
                condition=models.Q(decision="approve") | ~models.Q(reason=""),
                name="rejection_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.by}"

    @staticmethod
    def new_batch() -> uuid.UUID:
        """A fresh id that ties one batch together."""
        return uuid.uuid4()
