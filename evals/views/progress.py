"""How far a run is: calls done, calls a second, time left, tokens and what they cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import CharField, Count, F, Q, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from evals.models import Arm, CaseResult, EvalRun, RunStage
from registry.models import ModelTarget

RECENT = dt.timedelta(seconds=15)
"""The rate is that of the last seconds: it follows a slow provider at once."""


@dataclass(frozen=True)
class Progress:
    """Calls done of calls planned; `per_second` over the last seconds."""

    done: int
    planned: int
    per_second: float
    running: bool

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
    def over(self) -> bool:
        """Whether nothing more comes; read aloud once."""
        return not self.running

    @property
    def share(self) -> float:
        """Done of planned, 0 to 1."""
        return min(1.0, self.done / self.planned) if self.planned else 0.0


def progress_of(run: EvalRun) -> Progress:
    """One query: what was answered or failed for good, and how fast it comes now."""
    since = max(timezone.now() - RECENT, run.started_at)
    found = run.results.aggregate(
        done=_calls(), recent=Count("pk", filter=Q(created_at__gte=since))
    )
    seconds = max((timezone.now() - since).total_seconds(), 1.0)
    running = run.stage == RunStage.RUNNING
    return Progress(
        min(found["done"], run.calls_planned), run.calls_planned, found["recent"] / seconds, running
    )


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
    """Tokens of one arm and what they cost in USD (None: the price is unknown)."""

    arm: str
    target: ModelTarget
    tokens_in: int
    tokens_out: int

    @property
    def usd(self) -> Decimal | None:
        """Tokens times the target's prices, which are per million."""
        return price(self.target, self.tokens_in, self.tokens_out)


def price(target: ModelTarget, tokens_in: int, tokens_out: int) -> Decimal | None:
    """What so many tokens cost on `target` in USD, None where a price is unknown."""
    if target.input_price is None or target.output_price is None:
        return None
    spent = tokens_in * target.input_price + tokens_out * target.output_price
    return Decimal(spent) / 1_000_000


def costs_of(run: EvalRun) -> list[Cost]:
    """Tokens and price by arm; one query."""
    sums = {
        row["arm"]: (row["tokens_in"] or 0, row["tokens_out"] or 0)
        for row in run.results.order_by()
        .values("arm")
        .annotate(tokens_in=Sum("prompt_tokens"), tokens_out=Sum("completion_tokens"))
    }
    arms = [(Arm.BASELINE, run.baseline), (Arm.CANDIDATE, run.revision)]
    return [
        Cost(arm.label, revision.model_target, *sums.get(arm.value, (0, 0)))
        for arm, revision in arms
        if revision is not None
    ]
