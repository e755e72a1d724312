"""From stored results to the gate: pairs of cases, what is to be confirmed, the decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from evals.gate import CasePair, Decision, Thresholds, decide, to_confirm
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome
from evals.verdicts import PASS_FROM

Scores = Mapping[tuple[int, str], Sequence[float]]
"""(case, arm) -> the scores of its repeats."""


@dataclass
class Measured:
    """What a run has found: scores of the first asking, of the fresh repeats, and outcomes."""

    first: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    fresh: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[str] = field(default_factory=Counter)

    def pass_rate(self, arm: Arm) -> float | None:
        """Mean over the cases of the share of first answers that pass; None without any.

        As the gate counts: a case that is asked five times weighs no more than another.
        """
        shares = [
            sum(one >= PASS_FROM for one in scores) / len(scores)
            for (_, of), scores in self.first.items()
            if of == arm and scores
        ]
        return sum(shares) / len(shares) if shares else None


def measured(run: EvalRun) -> Measured:
    """Read a run's results; one query."""
    return measured_all([run.pk])[run.pk]


def measured_all(runs: Collection[UUID]) -> dict[UUID, Measured]:
    """Run -> what it has found; one query."""
    found = {run: Measured() for run in runs}
    rows = CaseResult.objects.filter(run__in=found).order_by("repeat", "attempt")
    for run, case, arm, outcome, score, fresh in rows.values_list(
        "run_id", "case_id", "arm", "outcome", "score", "fresh"
    ):
        one = found[run]
        one.outcomes[outcome] += 1
        if outcome == Outcome.ANSWERED:
            (one.fresh if fresh else one.first)[case, arm].append(score or 0.0)
    return found


def pairs_of(run: EvalRun, cases: Iterable[Case], scores: Scores) -> list[CasePair]:
    """The cases that have scores in both arms, as the gate knows them.

    Without a baseline a variant is measured against itself: only its floor can fail it.
    """
    new = Arm.CANDIDATE.value
    old = Arm.BASELINE.value if run.baseline_id else new
    return [
        CasePair(
            id=case.label, slices=tuple(case.tags), must_pass=case.must_pass,
            baseline=tuple(scores[case.id, old]), candidate=tuple(scores[case.id, new]),
        )
        for case in cases
        if scores.get((case.id, new)) and scores.get((case.id, old))
    ]  # fmt: skip


def cases_to_confirm(run: EvalRun, cases: Sequence[Case], found: Measured) -> list[Case]:
    """The cases of screened slices and the broken must-pass cases, in the suites' order."""
    named = set(to_confirm(thresholds_of(run), pairs_of(run, cases, found.first)))
    return [case for case in cases if case.label in named]


def decide_run(run: EvalRun, cases: Sequence[Case], found: Measured | None = None) -> Decision:
    """The gate's decision over a run's stored results; calls no model."""
    found = found or measured(run)
    reported = _only_reported(run) if found.outcomes[Outcome.UNSCORED] else 0
    unscored = found.outcomes[Outcome.UNSCORED] - reported
    missing = max(0, run.calls_planned - found.outcomes[Outcome.ANSWERED] - unscored - reported)
    unasked = max(0, missing - found.outcomes[Outcome.ERROR]) if run.stopped_at_budget else 0
    return decide(
        thresholds_of(run), pairs_of(run, cases, found.first),
        reserve=pairs_of(run, cases, found.fresh),
        errors=missing - unasked, unscored=unscored, unasked=unasked, compared=_compared(run),
    )  # fmt: skip


def _only_reported(run: EvalRun) -> int:
    """Answers that only judges look at whose scores do not gate yet: no part of the verdict."""
    rows = run.results.filter(outcome=Outcome.UNSCORED).values_list("details", flat=True)
    return sum(bool(row) and all(one.get("counts") is False for one in row) for row in rows)


def _compared(run: EvalRun) -> str:
    """What differs between the arms, as the verdict names it: the old model, the old text."""
    old, new = run.baseline, run.revision
    return "model" if old is None or old.model_target_id != new.model_target_id else "text"


def thresholds_of(run: EvalRun) -> Thresholds:
    """What the variant tolerated when the run began."""
    return Thresholds(**run.thresholds)
