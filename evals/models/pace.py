"""When a provider may be asked next, for all processes alike."""

from __future__ import annotations

from django.db import models


class ProviderPace(models.Model):
    """The earliest moment of a provider's next call: its rate limit, or its Retry-After.

    One row a provider that limits us; every process takes its turns from it in one statement.
    """

    provider = models.CharField(max_length=40, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.provider} from {self.next_at:%H:%M:%S}"
