"""Pause, go on with, cancel a run, or let it cost more."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from evals import budget
from evals.actions import calls
from evals.actions.closing import PARKED, go_on, lock
from evals.actions.telling import tell
from evals.models import EvalRun, RunStage
from registry import events, work
from registry.models import User, WorkState
from registry.roles import require
from registry.transitions import IllegalMove, move


@transaction.atomic
def cancel_run(run: EvalRun, *, by: User, why: str = "") -> EvalRun:
    """Stop a run: no more calls, no verdict; what was answered stays.

    What waited for the verdict is told, as of a verdict.
    """
    require(by, "run_evals", run.variant.tenant)
    run = move(run, RunStage.CANCELLED, by=by, why=why, finished_at=timezone.now())
    calls.open_items(run).filter(state=WorkState.QUEUED).update(
        state=WorkState.DONE, finished_at=timezone.now()
    )
    tell(run)
    return run


@transaction.atomic
def pause_run(run: EvalRun, *, by: User, why: str = "") -> EvalRun:
    """Ask nothing more until somebody resumes the run; calls in flight are still answered."""
    require(by, "run_evals", run.variant.tenant)
    run = move(run, RunStage.PAUSED, by=by, why=why)
    calls.open_items(run).filter(state=WorkState.QUEUED).update(not_before=PARKED)
    return run


@transaction.atomic
def resume_run(run: EvalRun, *, by: User, why: str = "") -> EvalRun:
    """Go on with a paused run where it stood."""
    require(by, "run_evals", run.variant.tenant)
    move(run, RunStage.RUNNING, by=by, why=why)
    run = lock(run.pk)
    waiting = calls.open_items(run).filter(state=WorkState.QUEUED)
    waiting.update(not_before=None, rung_at=None)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    transaction.on_commit(lambda: work.ring(pks))
    go_on(run)
    return run


@transaction.atomic
def raise_cap(run: EvalRun, cap: Decimal | None, *, by: User) -> EvalRun:
    """Let a run that is under way cost up to `cap` USD (None: without a bound).

    IllegalMove once it is over: run it again, what was answered is kept. UnusableCap where a
    price is unknown.
    """
    require(by, "run_evals", run.variant.tenant)
    run = lock(run.pk)
    if run.stage not in (RunStage.RUNNING, RunStage.PAUSED) or run.stopped_at_budget:
        raise IllegalMove("The run is over already. Run it again with a higher cap.")
    if cap is not None:
        budget.require_prices(run)
    before, run.cost_cap = run.cost_cap, cap
    run.save(update_fields=["cost_cap"])
    events.record("evalrun.cap_raised", run, by, before=str(before or ""), after=str(cap or "none"))
    return run
