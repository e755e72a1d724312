"""The way in for a customer's contact: a link for one decision, and the code that confirms it."""

from __future__ import annotations

import uuid

from django.db import models

from evals.models import EvalRun
from fleet.campaign.models import SignOff, Track
from registry.models import Contact, Revision, User


class SignOffLink(models.Model):
    """One person's way to decide on one track, as it stands: text, model and evidence.

    Of the token only its SHA-256 is stored. It ends by its time, by a decision, or at once
    (`voided_at`) when what it is about changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="links")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="links")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(EvalRun, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    model_snapshot = models.CharField(max_length=120)
    eval_hash = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_why = models.CharField(max_length=200, blank=True)
    sign_off = models.OneToOneField(
        SignOff, on_delete=models.PROTECT, null=True, blank=True, related_name="link"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["track", "contact"],
                condition=models.Q(voided_at__isnull=True, sign_off__isnull=True),
                name="one_open_link_a_contact",
            )
        ]

    def __str__(self) -> str:
        return f"Link for {self.contact.name}"


class DecisionCode(models.Model):
    """A one-time code, mailed to the contact, that confirms one decision. Its hash alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(SignOffLink, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Code for {self.link_id}"
