"""What people are told, and how they want to be told it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from registry.models import User, Variant


class MailPace(models.TextChoices):
    """How often mail comes."""

    INSTANT = "instant", "At once"
    HOURLY = "hourly", "Once an hour"
    DAILY = "daily", "Once a day, in the morning"
    OFF = "off", "No mail"


class NotificationSettings(models.Model):
    """One person's choice; without a row everything comes at once by mail."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="notification_settings"
    )
    pace = models.CharField(max_length=10, choices=MailPace, default=MailPace.INSTANT)
    timezone = models.CharField(max_length=60, default="UTC", help_text="Of the daily digest.")
    muted = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    history: Any = HistoricalRecords()

    class Meta:
        verbose_name_plural = "notification settings"

    def __str__(self) -> str:
        return f"Notifications of {self.user}"


class Notification(models.Model):
    """One thing one person is told, once (`key`)."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40, db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    subject = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True, help_text="The page it is about.")
    at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(
        null=True, blank=True, help_text="Handed to the outbox, or owed no longer; empty: not yet."
    )
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-at"], name="notification_by_user"),
            models.Index(
                fields=["user"], name="notification_unmailed",
                condition=models.Q(mailed_at__isnull=True),
            ),
            models.Index(
                fields=["user"], name="notification_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.subject
