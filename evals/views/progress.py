"""How far a run is: calls done, calls a second, time left, tokens and what they cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import CharField, Count, F, Q, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from evals.budget import price
from evals.models import Arm, CaseResult, EvalRun, RunStage
from registry.models import ModelTarget

__all__ = ["Cost", "Progress", "costs_of", "done_calls", "price", "progress_of"]

RECENT = dt.timedelta(seconds=15)
"""The rate is that of the last seconds: it follows a slow provider at once."""


@dataclass(frozen=True)
class Progress:
    """Calls done of calls planned; `per_second` over the last seconds; the phase in `words`."""

    done: int
    planned: int
    per_second: float
    running: bool
    paused: bool = False
    words: str = ""

    @property
    def rate(self) -> str:
        """The rate in words, empty while nothing comes."""
        if not self.running or self.per_second <= 0:
            return ""
        shown = f"{self.per_second:.0f}" if self.per_second >= 10 else f"{self.per_second:.1f}"
        return f"{shown} calls a second"

    @property
    def left(self) -> str:
        """The time left in words, empty where it cannot be told."""
        if not self.running or self.per_second <= 0:
            return ""
        seconds = (self.planned - self.done) / self.per_second
        left = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        return f"about {left} left"

    @property
    def under_way(self) -> bool:
        """Whether more comes, now or once it is resumed."""
        return self.running or self.paused

    @property
    def over(self) -> bool:
        """Whether nothing more comes; read aloud once."""
        return not self.under_way

    @property
    def share(self) -> float:
        """Done of planned, 0 to 1."""
        return min(1.0, self.done / self.planned) if self.planned else 0.0


def progress_of(run: EvalRun) -> Progress:
    """One query: what was answered or failed for good, how fast it comes now, what it cost."""
    since = max(timezone.now() - RECENT, run.started_at)
    found = run.results.aggregate(
        done=_calls(), recent=Count("pk", filter=Q(created_at__gte=since)), spent=Sum("cost"),
        kept=Count("pk", filter=Q(taken_from__isnull=False)),
    )  # fmt: skip
    seconds = max((timezone.now() - since).total_seconds(), 1.0)
    return Progress(
        min(found["done"], run.calls_planned), run.calls_planned, found["recent"] / seconds,
        run.stage == RunStage.RUNNING, run.stage == RunStage.PAUSED,
        " ".join(_words(run, found["spent"] or Decimal(0), found["kept"])),
    )  # fmt: skip


def _words(run: EvalRun, spent: Decimal, kept: int) -> Iterator[str]:
    """What a person who waits wants to know besides the numbers."""
    if run.stage == RunStage.PAUSED:
        yield "Paused: nothing more is asked until somebody resumes it."
    if run.confirming and run.stage != RunStage.DONE:
        cases = f"{len(run.confirms)} case{'' if len(run.confirms) == 1 else 's'}"
        yield f"What looked worse is asked afresh, to tell chance from change: {cases}."
    if kept:
        yield f"{kept} answer{' was' if kept == 1 else 's were'} taken over from earlier runs."
    if run.cost_cap is not None:
        yield f"USD {spent:.2f} of at most {run.cost_cap:.2f} spent."
    elif run.cost_estimate:
        yield f"USD {spent:.2f} spent; about {run.cost_estimate:.2f} was expected."


def done_calls(runs: Iterable[UUID]) -> dict[UUID, int]:
    """Calls done of several runs; one query."""
    found = CaseResult.objects.filter(run_id__in=list(runs)).values("run_id").annotate(n=_calls())
    return {row["run_id"]: row["n"] for row in found.order_by()}


def _calls() -> Count:
    """Calls, not attempts: a call that failed and was asked again counts once."""
    call = Concat(
        F("arm"), Value(":"), Cast("case_id", CharField()), Value(":"),
        Cast("repeat", CharField()),
    )  # fmt: skip
    return Count(call, distinct=True)


@dataclass(frozen=True)
class Cost:
    """Tokens of one arm and what they cost in USD (None: the price is unknown).

    Answers that were taken over from an earlier run cost nothing here, and are not counted.
    """

    arm: str
    target: ModelTarget
    tokens_in: int
    tokens_out: int

    @property
    def usd(self) -> Decimal | None:
        """Tokens times the target's prices, which are per million."""
        return price(self.target, self.tokens_in, self.tokens_out)


def costs_of(run: EvalRun) -> list[Cost]:
    """Tokens and price by arm; one query."""
    sums = {
        row["arm"]: (row["tokens_in"] or 0, row["tokens_out"] or 0)
        for row in run.results.filter(taken_from__isnull=True)
        .order_by()
        .values("arm")
        .annotate(tokens_in=Sum("prompt_tokens"), tokens_out=Sum("completion_tokens"))
    }
    arms = [(Arm.BASELINE, run.baseline), (Arm.CANDIDATE, run.revision)]
    return [
        Cost(arm.label, revision.model_target, *sums.get(arm.value, (0, 0)))
        for arm, revision in arms
        if revision is not None
    ]
