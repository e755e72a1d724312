"""What the customer said."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evals.models import EvalRun
from fleet.campaign.models.track import Track
from registry.models import Contact, Revision, User


class SignOffDecision(models.TextChoices):
    """What the customer said."""

    APPROVED = "approved", "Signed off"
    CHANGE_REQUESTED = "change_requested", "Asked for a change"
    DECLINED = "declined", "Declined"


class SignOffChannel(models.TextChoices):
    """How the answer reached us."""

    LINK = "link", "By the customer on the sign-off page"
    RECORDED = "recorded", "Recorded by us"


class SeenEvidence(models.Model):
    """What the customer saw when they answered, byte for byte, under its SHA-256. Append-only."""

    sha256 = models.CharField(max_length=64, unique=True)
    html = models.TextField(help_text="A document that stands alone.")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class SignOffs(models.Manager["SignOff"]):
    """Leaves the attached files where they are: lists would read megabytes for each row."""

    def get_queryset(self) -> models.QuerySet[SignOff]:
        """All of them, without the file's bytes."""
        return super().get_queryset().defer("document")


class SignOff(models.Model):
    """The customer's yes or no on exactly this text, model and evidence. Append-only.

    `contact` and no `recorded_by`: they answered themselves, on the page behind their link.
    """

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="sign_offs")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="sign_offs")
    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    model_snapshot = models.CharField(max_length=120)
    eval_hash = models.CharField(max_length=64)
    decision = models.CharField(max_length=20, choices=SignOffDecision)
    channel = models.CharField(
        max_length=10, choices=SignOffChannel, default=SignOffChannel.RECORDED
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    contact_name = models.CharField(max_length=300)
    note = models.TextField(blank=True, help_text="What they said with it.")
    reference = models.TextField(blank=True, help_text="Where the customer's answer can be found.")
    document = models.BinaryField(null=True, blank=True, help_text="The answer as a file.")
    document_name = models.CharField(max_length=200, blank=True)
    seen = models.ForeignKey(
        SeenEvidence, on_delete=models.PROTECT, null=True, blank=True, related_name="sign_offs"
    )
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    objects = SignOffs()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel="link", contact__isnull=False, seen__isnull=False)
                | (
                    Q(channel="recorded", recorded_by__isnull=False)
                    & (~Q(reference="") | Q(document__isnull=False))
                ),
                name="sign_off_names_its_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.contact_name}"
