"""Work that people note for a variant; all else in the ledger is derived."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from fleet.campaign.models import Track
from registry.models import User, Variant


class Effort(models.Model):
    """Hours somebody spent on a variant, for a track of a campaign or outside of any."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="efforts")
    track = models.ForeignKey(
        Track, on_delete=models.PROTECT, null=True, blank=True, related_name="efforts"
    )
    hours = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        validators=[MinValueValidator(0.05), MaxValueValidator(1000)],
    )
    what = models.CharField(max_length=300)
    on = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-on", "-at"]
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0), name="effort_takes_time"),
            models.CheckConstraint(condition=~Q(what=""), name="effort_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.hours} h: {self.what}"
