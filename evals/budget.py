"""What a run will cost and how long it will take, and what it has cost so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Avg, Count, Sum

from evals import answers, providers
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome
from registry import tokens
from registry.models import ModelTarget, Revision

BYTES_A_TOKEN = 4
"""Rule of thumb for the questions; the composed text is counted in the model's vocabulary."""

ANSWER_TOKENS = 150
"""Tokens of an answer while none of the model's is known: support answers are of that length."""

ANSWER_SECONDS = 2.0
"""Seconds of a call while none of the model's is known."""

RUNS_LOOKED_AT = 5
"""The newest runs of a model whose answers tell how long they are and how long they take."""


class UnusableCap(ValueError):
    """A run cannot be held to a cap; the message says why."""


@dataclass(frozen=True)
class Estimate:
    """Before a run: calls, of which `kept` are answered already; tokens; USD; seconds.

    `usd` is None where a price is unknown. `measured`: length and time of the answers come
    from earlier runs of the models, not from rules of thumb.
    """

    calls: int
    kept: int
    tokens_in: int
    tokens_out: int
    usd: Decimal | None
    seconds: float
    measured: bool


@dataclass(frozen=True)
class Habit:
    """What a model's answers were like: mean tokens and seconds."""

    tokens: float
    seconds: float
    measured: bool


@dataclass(frozen=True)
class Beginning:
    """A run that is about to begin: its cases, and its first turns as (case, repeat)."""

    run: EvalRun
    cases: Sequence[Case]
    turns: Sequence[tuple[int, int]]


def estimate_all(beginnings: Sequence[Beginning]) -> list[Estimate]:
    """What each of several runs takes; what confirmation may add is not in it.

    What is the same for all of them is looked up once.
    """
    arms = [_arms(beginning) for beginning in beginnings]
    habit = cache(habit_of)
    keys = {key for run in arms for arm in run for key in arm.keys}
    any_kept = answers.any_kept(keys, [one.run for one in beginnings])
    return [_total([_estimate(arm, any_kept, habit) for arm in run]) for run in arms]


@dataclass(frozen=True)
class _Arm:
    """One side of a run: `keys` of what would be asked, each with its case."""

    run: EvalRun
    revision: Revision
    keys: Mapping[str, Case]
    calls: int


def _arms(of: Beginning) -> list[_Arm]:
    by_pk = {case.pk: case for case in of.cases}
    turns = [(by_pk[case], repeat) for case, repeat in of.turns]
    found = []
    for revision in (of.run.baseline, of.run.revision):
        if revision is not None:
            key = answers.keys_of(revision, of.run.parameters)
            keys = {key(case, repeat): case for case, repeat in turns}
            found.append(_Arm(of.run, revision, keys, len(turns)))
    return found


def _total(arms: Sequence[Estimate]) -> Estimate:
    prices = [arm.usd for arm in arms]
    return Estimate(
        calls=sum(arm.calls for arm in arms),
        kept=sum(arm.kept for arm in arms),
        tokens_in=sum(arm.tokens_in for arm in arms),
        tokens_out=sum(arm.tokens_out for arm in arms),
        usd=None if None in prices else sum((p for p in prices if p is not None), Decimal(0)),
        seconds=max(arm.seconds for arm in arms),
        measured=all(arm.measured for arm in arms),
    )


def _estimate(arm: _Arm, any_kept: bool, habit_of: Callable[[ModelTarget], Habit]) -> Estimate:
    target = arm.revision.model_target
    kept = answers.kept(arm.run, arm.keys) if any_kept else {}
    asked = [] if arm.run.scores_only else [c for key, c in arm.keys.items() if key not in kept]
    system = tokens.count(arm.revision.text, target.snapshot).number
    habit = habit_of(target)
    tokens_in = sum(system + _question_tokens(case) for case in asked)
    tokens_out = round(len(asked) * habit.tokens)
    seconds = providers.seconds_for(target.provider, len(asked), habit.seconds)
    return Estimate(
        arm.calls, len(kept), tokens_in, tokens_out, price(target, tokens_in, tokens_out),
        seconds, habit.measured or not asked,
    )  # fmt: skip


def _question_tokens(case: Case) -> int:
    said = sum(len(str(message.get("content", "")).encode()) for message in case.messages)
    return -(-said // BYTES_A_TOKEN)


def habit_of(target: ModelTarget) -> Habit:
    """How long the model's answers were of late, and how long they took; two queries."""
    runs = EvalRun.objects.filter(revision__model_target=target).order_by("-started_at")
    newest = list(runs.values_list("pk", flat=True)[:RUNS_LOOKED_AT])
    found = CaseResult.objects.filter(
        run__in=newest, arm=Arm.CANDIDATE, outcome=Outcome.ANSWERED, taken_from__isnull=True
    ).aggregate(n=Count("pk"), tokens=Avg("completion_tokens"), ms=Avg("latency_ms"))
    if not found["n"] or found["ms"] is None:
        return Habit(ANSWER_TOKENS, ANSWER_SECONDS, measured=False)
    return Habit(found["tokens"] or ANSWER_TOKENS, found["ms"] / 1000, measured=True)


def price(target: ModelTarget, tokens_in: int, tokens_out: int) -> Decimal | None:
    """What so many tokens cost on `target` in USD, None where a price is unknown.

    A target's prices are per million tokens.
    """
    if target.input_price is None or target.output_price is None:
        return None
    spent = tokens_in * target.input_price + tokens_out * target.output_price
    return Decimal(spent) / 1_000_000


def require_prices(run: EvalRun) -> None:
    """Raise UnusableCap unless all prices are known that a cap is reckoned with."""
    for revision in (run.revision, run.baseline):
        if revision is not None and price(revision.model_target, 1, 1) is None:
            raise UnusableCap(
                f"No price is known of {revision.model_target}, so no cap can be held. "
                "An operator can enter it with the model."
            )


def spent(run: EvalRun) -> Decimal:
    """What the run has cost so far in USD, as far as prices are known; one query."""
    total: Mapping[str, Any] = run.results.aggregate(total=Sum("cost"))
    return total["total"] or Decimal(0)
