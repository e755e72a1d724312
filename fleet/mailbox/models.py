"""Mails that were not sent but kept here, where no mail server is configured."""

from __future__ import annotations

from django.db import models


class LocalMail(models.Model):
    """One mail as it would have left; the same Message-ID is kept once."""

    message_id = models.CharField(max_length=300, unique=True)
    sender = models.CharField(max_length=300)
    to = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
