"""What customers are written, and from which words."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from fleet.campaign.models import Track
from fleet.letter.placeholders import problems
from registry.models import Contact, Tenant, User
from registry.models.tenant import LOCALE


class LetterKind(models.TextChoices):
    """What a letter is for."""

    NOTICE = "notice", "Notice of the change"
    EVIDENCE = "evidence", "Evidence, with the request to sign off"
    REMINDER = "reminder", "Reminder to sign off"
    CODE = "code", "One-time code"
    CONFIRMATION = "confirmation", "Confirmation of the change"
    ROLLED_BACK = "rolled_back", "Taken back"


class LetterTemplate(models.Model):
    """The words of one kind of letter in one language; a tenant's own win over everybody's.

    Placeholders such as `{{customer}}` are filled by plain replacement, never by a template
    engine.
    """

    kind = models.CharField(max_length=20, choices=LetterKind)
    locale = models.CharField(max_length=20, help_text="A language such as de, or pt-BR.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="letter_templates"
    )
    subject = models.CharField(max_length=200)
    body = models.TextField()
    history = HistoricalRecords()

    class Meta:
        ordering = ["kind", "locale"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "locale", "tenant"], nulls_distinct=False, name="letter_words_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.locale})"

    def clean(self) -> None:
        """ValidationError for a locale that is none, or a placeholder it cannot have."""
        LOCALE(self.locale)
        found = problems(self.kind, self.subject, self.body)
        if found:
            raise ValidationError(found)


class Letter(models.Model):
    """One letter to one person, as it is owed to them; `key` makes it happen once.

    A secret (the sign-off link, a code) is not in `body`: its placeholder stays there and is
    filled when the letter is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="letters")
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="letters"
    )
    kind = models.CharField(max_length=20, choices=LetterKind)
    locale = models.CharField(max_length=20)
    to_name = models.CharField(max_length=200)
    to_email = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    about = models.CharField(
        max_length=80, blank=True, help_text="Id of the link or code whose secret is filled in."
    )
    key = models.CharField(max_length=200, unique=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, help_text="Why it could not be sent.")

    class Meta:
        ordering = ["-at"]
        constraints = [models.CheckConstraint(condition=~Q(to_email=""), name="letter_has_address")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to_name}"
