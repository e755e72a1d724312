"""Who is told by HTTP what happened, and what became of each telling."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from registry.models import Tenant, User


class WebhookEndpoint(models.Model):
    """An address that is told of events. Its secret is derived, never stored.

    `generation` counts up when the secret is renewed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=500)
    verbs = ArrayField(models.CharField(max_length=60), help_text="Events it is told of.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True,
        help_text="Empty: events of every tenant.",
    )  # fmt: skip
    generation = models.PositiveIntegerField(default=1, editable=False)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with its deliveries."""
        return reverse("webhook-detail", args=[self.pk])


class DeliveryState(models.TextChoices):
    """What became of a delivery."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookDelivery(models.Model):
    """One event told to one endpoint; a resend is a delivery of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    key = models.CharField(max_length=200, unique=True)
    verb = models.CharField(max_length=60)
    payload: Any = models.JSONField()
    resends = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP, the last.")
    answer = models.TextField(blank=True, help_text="Beginning of the last answer, or the error.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "webhook deliveries"
        indexes = [models.Index(fields=["endpoint", "-created_at"], name="webhook_log")]

    def __str__(self) -> str:
        return f"{self.verb} to {self.endpoint}"
