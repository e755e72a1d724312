"""When a customer may be cut over: hours of the week, and days on which nothing moves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from registry.models import Tenant, User

WORKDAYS = [0, 1, 2, 3]
"""Monday to Thursday: who complains the next day finds somebody at work."""


def workdays() -> list[int]:
    """The usual days, as a fresh list."""
    return list(WORKDAYS)


class ChangeWindow(models.Model):
    """A customer's hours for changes, in the tenant's own time zone.

    `weekdays`: 0 is Monday. A window whose `closes` is not after `opens` ends the next day.
    """

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="change_window")
    weekdays: Any = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)]), default=workdays
    )
    opens = models.TimeField(default=dt.time(9))
    closes = models.TimeField(default=dt.time(16))
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(weekdays=[]), name="change_window_has_days")
        ]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.opens:%H:%M} to {self.closes:%H:%M}"


class Blackout(models.Model):
    """Days, first and last included, on which nothing is cut over; no tenant: for everybody.

    A day begins and ends in the tenant's own time zone.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="blackouts"
    )
    first = models.DateField()
    last = models.DateField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ["first"]
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="blackout_ends_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="blackout_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}: {self.reason}"
