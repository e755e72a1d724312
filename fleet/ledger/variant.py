"""What one fork costs and brings: its page and the panel on other pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, Sum

from evals.models import EvalRun
from fleet.ledger import rates
from fleet.ledger.actions import may_note
from fleet.ledger.books import forks_of, hours_by_variant, read_lines, with_drift
from fleet.ledger.calls import NOTHING, Spent, spent_by_variant
from fleet.ledger.forms import HoursForm
from fleet.ledger.incidents import NONE, Incidents, incidents_by_variant, minutes_by_variant
from fleet.ledger.lines import Line
from fleet.ledger.models import Effort
from fleet.ledger.period import PERIODS, YEAR, Period, period_of
from fleet.ledger.waits import Waited, track_events, waited
from registry.models import User, Variant

PAGE_ROWS = 25


@dataclass(frozen=True)
class Cost:
    """What a fork cost in the last twelve months."""

    spent: Spent
    hours: Any
    waited: Waited
    incidents: Incidents

    @property
    def words(self) -> str:
        """Hours and calls."""
        return rates.in_words(self.hours, self.spent.usd)


def cost_of(variant: Variant) -> Cost:
    """Nine queries, whatever happened."""
    since, one = YEAR.since, Variant.objects.filter(pk=variant.pk)
    runs = EvalRun.objects.filter(variant=variant, started_at__gte=since)
    events = track_events().filter(variant=variant)
    return Cost(
        spent_by_variant(runs).get(variant.pk, NOTHING),
        hours_by_variant(one, since).get(variant.pk, rates.ZERO),
        waited(events, "variant_id", since).get(variant.pk, Waited()),
        incidents_by_variant(one, since).get(variant.pk, NONE),
    )


@dataclass
class VariantLedger:
    """The page of one fork. Reads what a template asks for, once."""

    user: User
    variant: Variant
    asked: Any
    form: HoursForm

    @cached_property
    def period(self) -> Period:
        """Over which time it counts."""
        return period_of(self.asked.get("period", ""))

    @property
    def periods(self) -> tuple[Period, ...]:
        """What may be chosen."""
        return PERIODS

    @cached_property
    def family(self) -> list[Line]:
        """All forks of this customer."""
        forks = forks_of(self.user).filter(tenant=self.variant.tenant_id)
        return with_drift(read_lines(forks, forks, self.user, self.period.since), self.user)

    @cached_property
    def line(self) -> Line | None:
        """This fork's; None for the platform default and for what is retired."""
        return next((one for one in self.family if one.variant_id == self.variant.pk), None)

    @property
    def others(self) -> list[Line]:
        """The customer's other forks."""
        return [one for one in self.family if one.variant_id != self.variant.pk]

    @cached_property
    def efforts(self) -> Page[Effort]:
        """Who noted which hours, newest first."""
        found = efforts_of(self.variant).filter(on__gte=self.period.since.date())
        return Paginator(found, PAGE_ROWS).get_page(self.asked.get("page"))

    @cached_property
    def feedback_hours(self) -> Decimal:
        """Those of the line's hours that were written down as minutes of feedback.

        Both are added up: nothing can tell whether somebody noted the same work twice, so the
        page says how much came from where, and both forms say to write it down once.
        """
        one = Variant.objects.filter(pk=self.variant.pk)
        minutes = minutes_by_variant(one, self.period.since).get(self.variant.pk, 0)
        return rates.hours_of(minutes)

    @cached_property
    def runs(self) -> list[EvalRun]:
        """The dearest eval runs, by what their calls cost."""
        found = EvalRun.objects.filter(variant=self.variant, started_at__gte=self.period.since)
        dearest = found.annotate(usd=Sum("results__cost")).order_by("-usd", "-started_at")
        return list(dearest.filter(usd__gt=0)[:DEAREST])

    @property
    def may_note(self) -> bool:
        """Whether the form is there."""
        return may_note(self.user, self.variant)

    @property
    def hour_cost(self) -> Any:
        """In EUR."""
        return rates.hour_cost()


DEAREST = 5
"""Runs named on a fork's page."""


def efforts_of(variant: Variant) -> QuerySet[Effort]:
    """The notes on a variant, newest first."""
    return variant.efforts.select_related("by", "track__campaign").order_by("-on", "-at")
