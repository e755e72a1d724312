"""What customers come back with: the support load before and after a change."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fleet.campaign.models import Track
from registry.models import User, Variant


class FeedbackKind(models.TextChoices):
    """What a customer came with."""

    COMPLAINT = "complaint", "Complaint"
    QUESTION = "question", "Question"
    REPLY = "reply", "Reply to a letter"
    PRAISE = "praise", "Praise"


class Feedback(models.Model):
    """One thing a customer said about a variant, written down by us. Append-only.

    `track`: the campaign's track it is about, where there is one. `minutes` it took us.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="feedback")
    track = models.ForeignKey(
        Track, on_delete=models.PROTECT, null=True, blank=True, related_name="feedback"
    )
    kind = models.CharField(max_length=12, choices=FeedbackKind)
    words = models.TextField()
    reference = models.CharField(max_length=300, blank=True, help_text="Ticket or mail.")
    minutes = models.PositiveIntegerField(default=0)
    happened_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-happened_at"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="feedback_says_what")]
        indexes = [models.Index(fields=["variant", "happened_at"], name="feedback_by_variant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.words[:60]}"
