"""One fork as the ledger has it, and what several of them amount to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from fleet.ledger import rates
from fleet.ledger.calls import NOTHING, Spent, spent_together
from fleet.ledger.incidents import NONE, Incidents, incidents_together
from fleet.ledger.waits import Waited, waited_together
from registry.drift import Drift

ZERO = Decimal(0)


class Owner(NamedTuple):
    """Somebody who looks after the customer and still works here."""

    username: str
    name: str


class Line(NamedTuple):
    """One variant of a customer: what it brings and what it costs.

    `revenue` is the customer's, in EUR a year, whole: `forks` variants share it. `hours` were
    noted, with the minutes that feedback took. `drift` is None while nothing is live.
    `began_at` and `changed_at`: its first and its newest revision, in seconds since 1970; a
    plain number, because objects for 10,000 lines take a second.
    """

    variant_id: int
    tenant_id: int
    customer: str
    slug: str
    segment: str
    prompt: str
    locale: str
    lane: str
    suffix: str
    revenue: Decimal
    forks: int
    owners: tuple[Owner, ...]
    has_slice: bool
    spent: Spent = NOTHING
    hours: Decimal = ZERO
    waited: Waited = Waited()
    incidents: Incidents = NONE
    drift: Drift | None = None
    behind: int = 0
    began_at: int | None = None
    changed_at: int | None = None

    @property
    def began(self) -> dt.datetime | None:
        """When its first revision was made."""
        return _moment(self.began_at)

    @property
    def changed(self) -> dt.datetime | None:
        """When its newest revision was made."""
        return _moment(self.changed_at)

    @property
    def owner(self) -> str:
        """Names of the owners; empty where the customer has none left."""
        return ", ".join(owner.name for owner in self.owners)

    @property
    def euros(self) -> Decimal:
        """What its hours cost, in EUR."""
        return rates.euros(self.hours)

    @property
    def together(self) -> Decimal | None:
        """Hours and calls in EUR; None while the currencies have no rate."""
        return rates.together(self.hours, self.spent.usd)

    @property
    def cost(self) -> str:
        """Both in words."""
        return rates.in_words(self.hours, self.spent.usd)


def _moment(seconds: int | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None


@dataclass(frozen=True)
class Totals:
    """What lines amount to. `revenue` counts every customer once."""

    forks: int
    customers: int
    revenue: Decimal
    spent: Spent
    hours: Decimal
    waited: Waited
    incidents: Incidents
    without_owner: int
    without_slice: int

    @property
    def cost(self) -> str:
        """Hours and calls in words."""
        return rates.in_words(self.hours, self.spent.usd)

    @property
    def euros(self) -> Decimal:
        """What the hours cost, in EUR."""
        return rates.euros(self.hours)


def totals(lines: Iterable[Line]) -> Totals:
    """Add up."""
    lines = list(lines)
    revenue = {line.tenant_id: line.revenue for line in lines}
    return Totals(
        len(lines), len(revenue), sum(revenue.values(), ZERO),
        spent_together(line.spent for line in lines),
        sum((line.hours for line in lines), ZERO),
        waited_together(line.waited for line in lines),
        incidents_together(line.incidents for line in lines),
        sum(not line.owners for line in lines), sum(not line.has_slice for line in lines),
    )  # fmt: skip
