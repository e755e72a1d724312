"""Start an eval run, record what it amounts to, or cancel it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from evals.gate import CasePair, Decision, Thresholds, decide
from evals.models import (
    Arm,
    Case,
    CaseResult,
    EvalRun,
    Outcome,
    RunStage,
    Verdict,
)
from evals.suites import combined_hash, suite_versions_for
from registry import events, work
from registry.models import Revision, User, WorkItem, WorkState
from registry.roles import require
from registry.transitions import move

CHUNK = 50
"""Calls a work item: seconds of work with a fast provider, a minute or two with a slow one."""

CHUNK_KIND = "eval_chunk"
VERDICT_KIND = "verdict_recorded"


class NothingToMeasure(Exception):
    """The variant has no suite; the message says what to write first."""


def start_run(
    revision: Revision, *, baseline: Revision | None, by: User | None, repeats: int = 1
) -> EvalRun:
    """Freeze what is to be measured and queue the work; nothing is asked before commit.

    `by` None: the product starts it itself (a campaign's re-evaluation).
    """
    if by is not None:
        require(by, "run_evals", revision.variant.tenant)
    variant = revision.variant
    versions = suite_versions_for(variant)
    cases = list(Case.objects.filter(suite_version__in=versions))
    if not cases:
        raise NothingToMeasure(
            f"There is no suite for {variant.prompt.slug} yet. Write one, then evaluate."
        )
    arms = [Arm.CANDIDATE] if baseline is None else [Arm.CANDIDATE, Arm.BASELINE]
    with transaction.atomic():
        run = EvalRun.objects.create(
            variant=variant, revision=revision, baseline=baseline, repeats=repeats, started_by=by,
            eval_hash=combined_hash(versions), calls_planned=len(cases) * len(arms) * repeats,
            thresholds={"min_pass_rate": variant.min_pass_rate, "margin": variant.margin},
        )  # fmt: skip
        run.suite_versions.set(versions)
        events.record("evalrun.started", run, by, variant=variant, calls=run.calls_planned)
        work.enqueue_many(CHUNK_KIND, _chunks(run, arms, [case.pk for case in cases]))
    return run


def _chunks(
    run: EvalRun, arms: Sequence[Arm], cases: Sequence[int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for arm in arms:
        for repeat in range(run.repeats):
            for start in range(0, len(cases), CHUNK):
                payload = {
                    "run": str(run.pk), "arm": arm.value, "repeat": repeat,
                    "cases": cases[start : start + CHUNK],
                }  # fmt: skip
                yield f"{_prefix(run)}{arm.value}:{repeat}:{start}", payload


def _prefix(run: EvalRun) -> str:
    return f"eval:{run.pk}:"


@transaction.atomic
def finish_chunk(item: WorkItem, run: EvalRun) -> Verdict | None:
    """Mark a chunk done; the last one of a run records its verdict in the same transaction.

    The run's row lock makes “last” unambiguous when two chunks end at once.
    """
    run = _lock(run.pk)
    work.finish(item)
    return _close_if_through(run)


@transaction.atomic
def close_dead_chunk(item: WorkItem) -> Verdict | None:
    """A chunk was given up: its calls count as infrastructure errors, the run still ends."""
    return _close_if_through(_lock(item.payload["run"]))


def _lock(pk: Any) -> EvalRun:
    return (
        EvalRun.objects.select_for_update(of=("self",), no_key=True)
        .select_related("variant")
        .get(pk=pk)
    )


def _close_if_through(run: EvalRun) -> Verdict | None:
    still_open = WorkItem.objects.filter(
        key__startswith=_prefix(run), state__in=[WorkState.QUEUED, WorkState.LEASED]
    )
    if run.stage != RunStage.RUNNING or still_open.exists():
        return None
    return record_verdict(run)


def verdict_key(run: UUID) -> str:
    """Key of the work item by which a run's verdict reaches whoever waits for it."""
    return f"verdict:{run}"


def record_verdict(run: EvalRun) -> Verdict:
    """Run the gate over the stored results and write its verdict, once."""
    cases = list(
        Case.objects.filter(suite_version__in=run.suite_versions.all())
        .select_related("suite_version__suite")
        .order_by("suite_version__suite_id", "position")
    )
    decision = decide_run(run, cases)
    verdict = Verdict.objects.create(
        run=run, kind=decision.verdict, headline=decision.headline, decision=decision.as_dict(),
        pass_rate=pass_rate(run, Arm.CANDIDATE), baseline_pass_rate=pass_rate(run, Arm.BASELINE),
    )  # fmt: skip
    move(run, RunStage.DONE, by=None, why=decision.headline, finished_at=timezone.now())
    _tell(run)
    return verdict


def decide_run(run: EvalRun, cases: Iterable[Case]) -> Decision:
    """The gate's decision over a run's stored results; calls no model."""
    scores: dict[tuple[int, str], list[float]] = defaultdict(list)
    answered = CaseResult.objects.filter(run=run, outcome=Outcome.ANSWERED)
    for case, arm, score in answered.order_by("repeat").values_list("case_id", "arm", "score"):
        scores[case, arm].append(score or 0.0)
    # Without a baseline a variant is measured against itself: only its floor can fail it.
    old = Arm.BASELINE if run.baseline_id else Arm.CANDIDATE
    pairs = [
        CasePair(
            id=case.label, slices=tuple(case.tags), must_pass=case.must_pass,
            baseline=tuple(scores[case.pk, old]),
            candidate=tuple(scores[case.pk, Arm.CANDIDATE]),
        )
        for case in cases
        if scores[case.pk, Arm.CANDIDATE] and scores[case.pk, old]
    ]  # fmt: skip
    errors = run.calls_planned - answered.count()
    return decide(Thresholds(**run.thresholds), pairs, errors=errors)


def pass_rate(run: EvalRun, arm: Arm) -> float | None:
    """Share of answered calls of an arm that pass, None when there are none."""
    found = CaseResult.objects.filter(run=run, arm=arm, outcome=Outcome.ANSWERED)
    total = found.count()
    return found.filter(score__gte=0.5).count() / total if total else None


@transaction.atomic
def cancel_run(run: EvalRun, *, by: User, why: str = "") -> EvalRun:
    """Stop a run: no more calls, no verdict; what was answered stays.

    What waited for the verdict is told, as of a verdict.
    """
    require(by, "run_evals", run.variant.tenant)
    run = move(run, RunStage.CANCELLED, by=by, why=why, finished_at=timezone.now())
    WorkItem.objects.filter(key__startswith=_prefix(run), state=WorkState.QUEUED).update(
        state=WorkState.DONE, finished_at=timezone.now()
    )
    _tell(run)
    return run


def _tell(run: EvalRun) -> None:
    """Ring for whatever waits for the end of this run."""
    work.enqueue(VERDICT_KIND, verdict_key(run.pk), {"run": str(run.pk)})
