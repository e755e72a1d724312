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
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    PUBLISHED = "published", "Published"


UNDER_WAY = (
    ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED, ReviewStage.SCHEDULED,
)  # fmt: skip
"""Stages of a review that is not over."""


class Review(models.Model):
    """A request to let one Revision out."""

    ARROWS = {
        ReviewStage.OPEN: {
            ReviewStage.APPROVED, ReviewStage.CHANGES_REQUESTED, ReviewStage.REJECTED,
            ReviewStage.WITHDRAWN, ReviewStage.PUBLISHED,
        },
        ReviewStage.CHANGES_REQUESTED: {
            ReviewStage.OPEN, ReviewStage.REJECTED, ReviewStage.WITHDRAWN, ReviewStage.PUBLISHED,
        },
        ReviewStage.APPROVED: {
            ReviewStage.PUBLISHED, ReviewStage.SCHEDULED, ReviewStage.OPEN,
            ReviewStage.CHANGES_REQUESTED, ReviewStage.WITHDRAWN,
        },
        ReviewStage.SCHEDULED: {
            ReviewStage.PUBLISHED, ReviewStage.APPROVED, ReviewStage.OPEN,
            ReviewStage.CHANGES_REQUESTED, ReviewStage.WITHDRAWN,
        },
        ReviewStage.REJECTED: set(),
        ReviewStage.WITHDRAWN: {ReviewStage.OPEN},
        ReviewStage.PUBLISHED: set(),
    }  # fmt: skip
    # From "in review" straight to "published" leads break-glass alone.

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="reviews")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="review")
    rationale = models.TextField()
    stage = models.CharField(
        max_length=20, choices=ReviewStage, default=ReviewStage.OPEN, editable=False
    )
    round = models.PositiveIntegerField(
        default=1, help_text="Counts up when approvals became void: everybody decides anew."
    )
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The earlier review whose text this one was started from.",
    )  # fmt: skip
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    opened_at = models.DateTimeField(auto_now_add=True)
    publish_at = models.DateTimeField(null=True, blank=True, help_text="When it is scheduled for.")
    scheduled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    schedule_batch = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="Ties together what was scheduled at once."
    )
    schedule_acknowledged = models.BooleanField(
        default=False, help_text="Whoever scheduled it ticked the warnings."
    )
    suspended_why = models.TextField(
        blank=True, help_text="Why the scheduled publish did not happen; empty once it is settled."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(stage="scheduled")
                | models.Q(publish_at__isnull=False, scheduled_by__isnull=False),
                name="scheduled_review_has_time_and_person",
            )
        ]
        indexes = [
            models.Index(fields=["stage", "opened_at"], name="review_queue"),
            models.Index(
                fields=["publish_at"], name="review_due", condition=models.Q(stage="scheduled")
            ),
        ]

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
    round = models.PositiveIntegerField(default=1, help_text="The review's round it counts in.")
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
            models.UniqueConstraint(
                fields=["revision", "by", "round"], name="approval_once_a_person_and_round"
            ),
            models.CheckConstraint(
                condition=models.Q(decision="approve") | ~models.Q(reason=""),
                name="rejection_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.by}"

    @property
    def variant(self) -> Variant:
        """On whose timeline it stands."""
        return self.revision.variant

    @staticmethod
    def new_batch() -> uuid.UUID:
        """A fresh id that ties one batch together."""
        return uuid.uuid4()


class Layer(models.TextChoices):
    """What is new in a Revision; an approval rule asks for its people by it."""

    ANY = "any", "Anything"
    POLICY = "policy", "Policy"
    BASE = "base", "Base text"
    OVERLAY = "overlay", "Overlay"
    MODEL = "model", "Model"


class ApprovalRule(models.Model):
    """Who has to say yes: `needed` people (of one role, where one is named) to what it covers.

    All rules that cover a Revision count. Empty conditions cover everything; `min_revenue`
    is in EUR a year.
    """

    name = models.CharField(max_length=120)
    layer = models.CharField(max_length=10, choices=Layer, default=Layer.ANY)
    segment = models.CharField(max_length=40, blank=True, help_text="Empty: every segment.")
    min_revenue = models.DecimalField(
        "revenue from (EUR a year)", max_digits=14, decimal_places=2, null=True, blank=True
    )
    needed = models.PositiveSmallIntegerField("people needed", default=1)
    role = models.CharField(max_length=40, blank=True, help_text="Empty: anyone who may approve.")
    active = models.BooleanField(default=True)
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(needed__gte=1, needed__lte=9),
                name="approval_rule_needs_some_people",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ObjectionStage(models.TextChoices):
    """Whether an objection still blocks."""

    RAISED = "raised", "Objection"
    LIFTED = "lifted", "Lifted"
    OUTVOTED = "outvoted", "Outvoted"


class Objection(models.Model):
    """Somebody's "not like this" on one Revision: it blocks until lifted or outvoted."""

    ARROWS = {
        ObjectionStage.RAISED: {ObjectionStage.LIFTED, ObjectionStage.OUTVOTED},
        ObjectionStage.LIFTED: set(),
        ObjectionStage.OUTVOTED: set(),
    }

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="objections")
    review = models.ForeignKey(
        Review, on_delete=models.PROTECT, null=True, blank=True, related_name="objections"
    )
    stage = models.CharField(
        max_length=10, choices=ObjectionStage, default=ObjectionStage.RAISED, editable=False
    )
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="objections")
    at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_why = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "by"], condition=models.Q(stage="raised"),
                name="objection_once_a_person",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="objection_has_reason"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Objection of {self.by}"


class AcceptedRisk(models.Model):
    """Somebody's word that a run too small to certify anything is enough this time. Append-only.

    It holds for exactly that run's verdict: another run has to be accepted anew.
    """

    run = models.OneToOneField(EvalRun, on_delete=models.PROTECT, related_name="accepted_risk")
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="accepted_risk_has_reason")
        ]

    def __str__(self) -> str:
        return f"Risk accepted by {self.by}"


class Side(models.TextChoices):
    """Which text a comment's line is in."""

    OLD = "old", "Before"
    NEW = "new", "After"


class Comment(models.Model):
    """A word on a review: on one line of its text, on the whole, or in answer to another.

    `line` counts from 1 in the composed text of `side`; `quote` is that line as it read.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="comments")
    answers = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies"
    )
    side = models.CharField(max_length=3, choices=Side, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(blank=True)
    body = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(line__isnull=True, side="")
                | models.Q(line__isnull=False, side__in=["old", "new"]),
                name="comment_line_has_side",
            ),
            models.CheckConstraint(condition=~models.Q(body=""), name="comment_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.body[:40]}"
