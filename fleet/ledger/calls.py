"""What eval runs cost: their calls and the sum of these calls' costs in USD."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Sum
from django.utils import timezone

from evals.models import CaseResult, EvalRun, Outcome, RunStage

ZERO = Decimal(0)

LATE = dt.timedelta(minutes=10)
"""Calls in flight may still be stored after a run was cancelled; by then they have timed out."""

AT_ONCE = 5_000
"""Runs asked about in one query."""

REMEMBERED = 200_000
"""Ended runs whose sums this process keeps: some 50 MB at most."""


class Spent(NamedTuple):
    """What runs cost. `unpriced`: calls whose price is unknown, so that `usd` lacks them."""

    runs: int = 0
    calls: int = 0
    usd: Decimal = ZERO
    unpriced: int = 0

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(
            self.runs + other.runs, self.calls + other.calls, self.usd + other.usd,
            self.unpriced + other.unpriced,
        )  # fmt: skip


NOTHING = Spent()


def spent_together(several: Iterable[Spent]) -> Spent:
    """All of them."""
    whole = NOTHING
    for one in several:
        whole = whole.plus(one) if one is not NOTHING else whole
    return whole


_settled: dict[UUID, Spent] = {}
"""An ended run gets no more answers, so its sums once read stay true."""


class RunCost(NamedTuple):
    """What one run of a variant cost."""

    variant_id: int
    spent: Spent


def run_costs(runs: QuerySet[EvalRun]) -> list[RunCost]:
    """What each of these runs cost, oldest first.

    One query; and one for each AT_ONCE runs that this process has not met as ended yet.
    """
    in_flight = timezone.now() - LATE
    over = Q(stage=RunStage.DONE) | Q(stage=RunStage.CANCELLED, finished_at__lt=in_flight)
    found = runs.annotate(over=ExpressionWrapper(over, BooleanField())).order_by("started_at")
    rows = list(found.values_list("pk", "variant_id", "over"))
    costs = _costs({pk: bool(over) for pk, _, over in rows})
    return [RunCost(variant, costs[pk]) for pk, variant, _ in rows]


def spent_by_variant(runs: QuerySet[EvalRun]) -> dict[int, Spent]:
    """Variant -> what these runs of it cost together."""
    found: dict[int, Spent] = {}
    for run in run_costs(runs):
        found[run.variant_id] = found.get(run.variant_id, NOTHING).plus(run.spent)
    return found


def _costs(wanted: Mapping[UUID, bool]) -> dict[UUID, Spent]:
    """Run -> its cost; `wanted` says of each whether it is over."""
    found = {pk: _settled[pk] for pk in wanted if pk in _settled}
    missing = [pk for pk in wanted if pk not in found]
    for begin in range(0, len(missing), AT_ONCE):
        found.update(_summed(missing[begin : begin + AT_ONCE]))
    if len(_settled) + len(missing) > REMEMBERED:
        _settled.clear()
    _settled.update({pk: found[pk] for pk in missing if wanted[pk]})
    return found


def _summed(runs: Sequence[UUID]) -> dict[UUID, Spent]:
    """Each run's cost; one that has asked nothing yet cost nothing."""
    asked = Q(taken_from__isnull=True)
    unpriced = Count("pk", filter=asked & Q(cost__isnull=True) & ~Q(outcome=Outcome.ERROR))
    rows = (
        CaseResult.objects.filter(run__in=runs)
        .order_by()
        .values("run")
        .annotate(calls=Count("pk", filter=asked), usd=Sum("cost"), unpriced=unpriced)
        .values_list("run", "calls", "usd", "unpriced")
    )
    costs = {run: Spent(1, calls, usd or ZERO, unpriced) for run, calls, usd, unpriced in rows}
    return {run: costs.get(run, Spent(1)) for run in runs}
