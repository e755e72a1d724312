"""Pause, go on, cancel, and what a run may cost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from evals import budget
from evals.actions import (
    CHUNK_KIND,
    UnusableCap,
    cancel_run,
    finish_chunks,
    pause_run,
    raise_cap,
    resume_run,
    run_again,
)
from evals.models import EvalRun, RunStage
from evals.runner import answer_chunks
from evals.runner.pump import Pump
from registry import work
from registry.models import ModelTarget, WorkItem, WorkState
from registry.roles import NotAllowed
from registry.transitions import IllegalMove
from tests.builders import Fleet
from tests.evals.asked import begun, suite, work_off
from tests.evals.endpoint import Provider

pytestmark = pytest.mark.django_db

CALL = Decimal("0.002")
"""USD a call of `priced`: the provider's 100 tokens out at 20 a million."""


@pytest.fixture
def priced(fleet: Fleet) -> Fleet:
    """Models whose prices are known."""
    ModelTarget.objects.update(input_price=0, output_price=20)
    for target in (fleet.old, fleet.new):
        target.refresh_from_db()
    return fleet


def test_a_paused_run_asks_nothing_until_it_is_resumed(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=60, refunds=0)
    run = pause_run(begun(fleet), by=fleet.engineer, why="The provider has a bad day.")
    work_off()
    parked = set(WorkItem.objects.filter(kind=CHUNK_KIND).values_list("pk", flat=True))
    WorkItem.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    assert not asked.calls and not parked & set(work.take_overdue())
    resume_run(run, by=fleet.engineer)
    work_off()
    run.refresh_from_db()
    assert run.stage == RunStage.DONE and len(asked.calls) == 120


def test_a_chunk_in_hand_when_its_run_is_paused_goes_on_where_it_stood(
    fleet: Fleet, asked: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(fleet, ordinary=60, refunds=0)
    run, asked.latency = begun(fleet), 0.2
    monkeypatch.setattr("evals.runner.pump.LOOK_SECONDS", 0.0)
    stored = []
    real = Pump._store

    def pausing(pump: Pump) -> None:
        real(pump)
        if run.results.exists() and not stored:
            stored.append(pause_run(run, by=fleet.engineer))

    monkeypatch.setattr(Pump, "_store", pausing)
    work_off()
    answered = run.results.count()
    assert 0 < answered < 120 and len(asked.calls) == answered
    assert {item.state for item in WorkItem.objects.filter(kind=CHUNK_KIND)} <= {"queued", "done"}
    asked.latency = 0.0
    resume_run(run, by=fleet.engineer)
    work_off()
    assert len(asked.calls) == run.results.count() == 120
    run.refresh_from_db()
    assert run.stage == RunStage.DONE


def test_a_run_whose_last_chunk_ended_while_it_paused_ends_when_resumed(
    fleet: Fleet, asked: Provider
) -> None:
    suite(fleet, ordinary=20, refunds=0)
    run = begun(fleet)
    item = work.claim(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    assert item is not None
    pause_run(run, by=fleet.engineer)
    assert finish_chunks([item]) == ([], set())
    resume_run(run, by=fleet.engineer)
    run.refresh_from_db()
    assert run.stage == RunStage.DONE


def test_a_cancelled_run_leaves_no_work(fleet: Fleet, asked: Provider) -> None:
    suite(fleet)
    run = begun(fleet)
    item = work.claim(WorkItem.objects.filter(kind=CHUNK_KIND).order_by("pk")[0].pk)
    assert item is not None
    cancel_run(run, by=fleet.engineer)
    assert list(answer_chunks(item)) == [] and not asked.calls
    left = WorkItem.objects.filter(kind=CHUNK_KIND).exclude(state=WorkState.DONE)
    assert not left.exists()


def test_a_viewer_steers_nothing(fleet: Fleet) -> None:
    run = begun(fleet)
    for deed in (pause_run, resume_run, cancel_run):
        with pytest.raises(NotAllowed):
            deed(run, by=fleet.viewer)
    with pytest.raises(NotAllowed):
        raise_cap(run, Decimal(5), by=fleet.viewer)


def test_the_cap_is_never_passed_and_the_rest_is_had_by_running_again(
    priced: Fleet, asked: Provider
) -> None:
    suite(priced, ordinary=60, refunds=0)
    run = begun(priced, cost_cap=CALL * 50, parameters={"max_tokens": 100})
    work_off()
    run.refresh_from_db()
    spent = sum(row.cost for row in run.results.all())
    assert run.stopped_at_budget and run.stage == RunStage.DONE
    assert CALL * 40 <= spent <= CALL * 50 and len(asked.calls) == run.results.count()
    assert run.verdict.kind == "inconclusive" and "budget" in run.verdict.headline
    whole = run_again(run, priced.engineer)
    work_off()
    whole.refresh_from_db()
    assert len(asked.calls) == 120 and whole.verdict.kind == "go"


def test_a_cap_needs_prices(fleet: Fleet) -> None:
    with pytest.raises(UnusableCap):
        begun(fleet, cost_cap=Decimal(1))
    assert not EvalRun.objects.exists()


def test_the_cap_of_a_run_under_way_is_raised_and_of_one_that_ended_not(
    priced: Fleet, asked: Provider
) -> None:
    suite(priced, ordinary=60, refunds=0)
    run = begun(priced, cost_cap=CALL * 50, parameters={"max_tokens": 100})
    raise_cap(run, None, by=priced.engineer)
    work_off()
    run.refresh_from_db()
    assert not run.stopped_at_budget and run.cost_cap is None
    with pytest.raises(IllegalMove):
        raise_cap(run, Decimal(5), by=priced.engineer)


def test_the_estimate_counts_calls_tokens_and_money(priced: Fleet, asked: Provider) -> None:
    suite(priced, ordinary=60, refunds=0)
    run = begun(priced)
    assert (run.calls_planned, run.cost_estimate) == (120, Decimal("0.36"))  # 150 tokens each
    work_off()
    assert budget.habit_of(priced.new).tokens == 100, "from now on what was measured is taken"
    second = run_again(run, priced.engineer)
    assert second.cost_estimate == 0, "every answer is kept"
