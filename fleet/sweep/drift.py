"""What changed since the last time the same was measured: nothing of ours did, so the model did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from evals.models import Arm, CaseResult, EvalRun, Outcome, RunStage, Sweep, SweepKind

PASS_FROM = 0.5
"""The contract's line: a score of this much or more is a pass."""

Rates = Mapping[tuple[int, str], float]
"""(suite, case key) -> share of the answers that pass."""


@dataclass(frozen=True)
class Drift:
    """One variant's rate then and now (0..1), and the cases that changed sides, by their key."""

    before: EvalRun
    then: float | None
    now: float | None
    lost: tuple[str, ...]
    won: tuple[str, ...]
    same_text: bool

    @property
    def points(self) -> float | None:
        """The move in percentage points, None without both rates."""
        if self.then is None or self.now is None:
            return None
        return (self.now - self.then) * 100

    @property
    def whose(self) -> str:
        """What can have moved it, in words."""
        if self.same_text:
            return "same text, same model name: the model itself or chance"
        return "another revision was live then"


def drift_of(sweep: Sweep, runs: Iterable[EvalRun]) -> dict[UUID, Drift]:
    """Run -> how it compares with the variant's run of the library before; three queries."""
    shown = [run for run in runs if run.stage == RunStage.DONE]
    if sweep.kind != SweepKind.LIBRARY or not shown:
        return {}
    earlier = EvalRun.objects.filter(
        sweep__kind=SweepKind.LIBRARY, sweep__started_at__lt=sweep.started_at,
        variant__in=[run.variant_id for run in shown], stage=RunStage.DONE,
    )  # fmt: skip
    last = {
        run.variant_id: run
        for run in earlier.order_by("variant_id", "-started_at")
        .distinct("variant_id")
        .select_related("verdict")
    }
    pairs = [(run, last[run.variant_id]) for run in shown if run.variant_id in last]
    rates = _rates([run.pk for pair in pairs for run in pair])
    return {now.pk: _drift(now, before, rates) for now, before in pairs}


def _drift(now: EvalRun, before: EvalRun, rates: Mapping[UUID, Rates]) -> Drift:
    old, new = rates.get(before.pk, {}), rates.get(now.pk, {})
    both = sorted(old.keys() & new.keys())
    held = {case for case in both if old[case] >= PASS_FROM}
    holds = {case for case in both if new[case] >= PASS_FROM}
    return Drift(
        before=before,
        then=len(held) / len(both) if both else None,
        now=len(holds) / len(both) if both else None,
        lost=tuple(key for _, key in sorted(held - holds)),
        won=tuple(key for _, key in sorted(holds - held)),
        same_text=now.revision_id == before.revision_id,
    )


def _rates(runs: list[UUID]) -> dict[UUID, dict[tuple[int, str], float]]:
    """Run -> its candidate's rate by case, from one query."""
    rows = CaseResult.objects.filter(
        run__in=runs, arm=Arm.CANDIDATE, outcome=Outcome.ANSWERED
    ).values_list("run_id", "case__suite_version__suite_id", "case__key", "score")
    passes: dict[UUID, dict[tuple[int, str], list[bool]]] = defaultdict(lambda: defaultdict(list))
    for run, suite, key, score in rows.iterator(chunk_size=5000):
        passes[run][suite, key].append((score or 0.0) >= PASS_FROM)
    return {
        run: {case: sum(found) / len(found) for case, found in cases.items()}
        for run, cases in passes.items()
    }
