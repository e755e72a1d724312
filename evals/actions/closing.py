"""A chunk of a run is over: open the next phase, or record what the run amounts to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evals import budget
from evals.actions import calls
from evals.actions.measuring import Measured, cases_to_confirm, decide_run, measured_all
from evals.actions.telling import tell
from evals.gate import Decision, Reason, UnusableInput
from evals.judges import calibration
from evals.models import Arm, Case, EvalRun, RunKind, RunStage, Verdict
from registry import work
from registry.models import WorkItem, WorkState
from registry.transitions import move_all

PARKED = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""Until when the work of a paused run is not due: until somebody resumes it."""


@transaction.atomic
def finish_chunks(items: Sequence[WorkItem]) -> tuple[list[Verdict], set[int]]:
    """Mark chunks done; the last one of a phase opens the next one in the same transaction, the
    last one of a run records its verdict. Gives the verdicts, which the caller passes on at once
    (nobody is rung for them), and the items whose lease is lost.

    The runs' row locks make “last” unambiguous when two chunks end at once.
    """
    runs = lock_all({item.payload["run"] for item in items})
    lost = work.finish_all(items)
    mine = {item.payload["run"] for item in items if item.pk not in lost}
    return go_on_all([run for run in runs if str(run.pk) in mine], ring=False), lost


@transaction.atomic
def close_dead_chunk(item: WorkItem) -> Verdict | None:
    """A chunk was given up: its calls count as infrastructure errors, the run still ends."""
    return go_on(lock(item.payload["run"]))


@transaction.atomic
def stop_at_budget(item: WorkItem, run: EvalRun) -> Verdict | None:
    """The next call could cost more than is allowed: no more of them; the run ends."""
    run = lock(run.pk)
    work.finish(item)
    if run.stage == RunStage.RUNNING and not run.stopped_at_budget:
        run.stopped_at_budget = True
        run.save(update_fields=["stopped_at_budget"])
        calls.open_items(run).filter(state=WorkState.QUEUED).update(
            state=WorkState.DONE, finished_at=timezone.now()
        )
    return go_on(run)


@transaction.atomic
def leave_chunk(item: WorkItem, run: EvalRun, wait: float) -> Verdict | None:
    """Some of a chunk was not asked: its run was stopped, or its provider wants to be left
    alone for `wait` seconds, or this process's time is up.
    """
    run = lock(run.pk)
    if run.stage == RunStage.RUNNING and not run.stopped_at_budget:
        if wait:
            until = timezone.now() + dt.timedelta(seconds=wait)
            work.put_off(item, until, "The provider asked us to wait.")
        else:
            work.give_back(item, tried=False)
        return None
    if run.stage == RunStage.PAUSED:
        work.put_off(item, PARKED, "The run is paused.")
        return None
    work.finish(item)
    return go_on(run)


@transaction.atomic
def put_back_chunk(item: WorkItem, error: str) -> Verdict | None:
    """A chunk cannot be opened: leave it for later, or give it up and end the run without it."""
    work.fail(item, error)
    item.refresh_from_db(fields=["state"])
    return close_dead_chunk(item) if item.state == WorkState.DEAD else None


def lock(pk: Any) -> EvalRun:
    """The run under its row lock, fresh."""
    return _locked().get(pk=pk)


def lock_all(pks: Collection[Any]) -> list[EvalRun]:
    """Runs under their row locks, fresh; always taken in the same order."""
    return list(_locked().filter(pk__in=pks).order_by("pk"))


def _locked() -> QuerySet[EvalRun]:
    runs = EvalRun.objects.select_for_update(of=("self",), no_key=True)
    return runs.select_related("variant")


def go_on(run: EvalRun) -> Verdict | None:
    """Open the next phase or end the run, where nothing of this phase is open any more."""
    return next(iter(go_on_all([run])), None)


def go_on_all(runs: Sequence[EvalRun], *, ring: bool = True) -> list[Verdict]:
    """`go_on` with several locked runs; gives the verdicts of those that ended."""
    under_way = [run for run in runs if run.stage == RunStage.RUNNING]
    waiting = calls.with_open_items([run.pk for run in under_way]) if under_way else set()
    through = [run for run in under_way if run.pk not in waiting]
    if not through:
        return []
    cases, found = calls.cases_of_all(through), measured_all([run.pk for run in through])
    ended = [run for run in through if not _confirm(run, cases[run.pk], found[run.pk])]
    return _record(ended, cases, found, ring)


def _confirm(run: EvalRun, cases: list[Case], found: Measured) -> bool:
    """Ask again what was screened; False where there is nothing to ask."""
    if run.kind != RunKind.GATE or run.baseline_id is None:
        return False  # measured against itself nothing breaks
    if run.confirming or run.stopped_at_budget:
        return False
    suspects = cases_to_confirm(run, cases, found)
    if run.scores_only and run.again_of is not None:
        kept = set(run.again_of.results.filter(fresh=True).values_list("case_id", flat=True))
        suspects = [case for case in suspects if case.pk in kept]
    if not suspects:
        return False
    turns = calls.confirmation(run, suspects, settings.CONFIRM_REPEATS)
    run.confirming, run.confirms = True, [case.pk for case in suspects]
    run.calls_planned += calls.enqueue(run, turns, fresh=True)
    run.save(update_fields=["confirming", "confirms", "calls_planned"])
    return True


def record_verdict(run: EvalRun) -> Verdict:
    """Run the gate over the stored results and write its verdict, once."""
    return _record([run], calls.cases_of_all([run]), measured_all([run.pk]))[0]


def _record(
    runs: Sequence[EvalRun], cases: Mapping[UUID, list[Case]], found: Mapping[UUID, Measured],
    ring: bool = True,
) -> list[Verdict]:  # fmt: skip
    if not runs:
        return []
    verdicts = [_verdict(run, cases[run.pk], found[run.pk]) for run in runs]
    Verdict.objects.bulk_create(verdicts)
    move_all(
        [(run, verdict.headline) for run, verdict in zip(runs, verdicts, strict=True)],
        RunStage.DONE, by=None, finished_at=timezone.now(),
    )  # fmt: skip
    tell(*runs, ring=ring)
    return verdicts


def _verdict(run: EvalRun, cases: list[Case], found: Measured) -> Verdict:
    decision = calibration.closed(run, _decision(run, cases, found))
    return Verdict(
        run=run, kind=decision.verdict, headline=decision.headline, decision=decision.as_dict(),
        pass_rate=found.pass_rate(Arm.CANDIDATE),
        baseline_pass_rate=found.pass_rate(Arm.BASELINE),
    )  # fmt: skip


def _decision(run: EvalRun, cases: list[Case], found: Measured) -> Decision:
    try:
        decision = decide_run(run, cases, found)
    except UnusableInput as wrong:
        return Decision("inconclusive", f"Inconclusive: {wrong}")
    rate = found.pass_rate(Arm.CANDIDATE)
    if run.baseline_id is None and decision.verdict == "go" and rate is not None:
        passed = f"Go: {rate:.0%} of {len(cases)} cases pass"
        decision = replace(decision, headline=f"{passed}; there is no old side to compare with.")
    if not run.stopped_at_budget:
        return decision
    spent, asked = budget.spent(run), run.results.values("arm", "case", "repeat").distinct().count()
    detail = (
        f"stopped at its budget of USD {run.cost_cap:.2f} (USD {spent:.2f} spent) after {asked} of "
        f"{run.calls_planned} calls. Run it again with a higher cap: what was answered is kept."
    )
    reasons = (Reason("budget", None, detail, "inconclusive"), *decision.reasons)
    headline = f"Inconclusive: {detail}"
    return replace(decision, verdict="inconclusive", headline=headline, reasons=reasons)
