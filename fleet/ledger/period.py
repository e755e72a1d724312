"""Over which time the ledger counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Period:
    """A stretch of time that ends now. `days` None: since the beginning."""

    key: str
    label: str
    days: int | None

    @property
    def since(self) -> dt.datetime:
        """Where it begins."""
        if self.days is None:
            return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return timezone.now() - dt.timedelta(days=self.days)


YEAR = Period("year", "Last 12 months", DAYS_A_YEAR)
PERIODS = (YEAR, Period("quarter", "Last 90 days", 90), Period("all", "Since the beginning", None))


def period_of(key: str) -> Period:
    """The period that the address names; the last twelve months where it names none."""
    return next((one for one in PERIODS if one.key == key), YEAR)
