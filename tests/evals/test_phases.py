"""A run asks in phases: screening, then afresh what it makes one suspect."""

from __future__ import annotations

from typing import Any

import pytest

from evals.actions import CHUNK_KIND
from evals.models import EvalRun, Outcome
from fleet import tasks
from registry.models import WorkItem, WorkState
from tests.builders import Fleet
from tests.evals.asked import FORBIDDEN, begun, suite, times_asked, work_off
from tests.evals.endpoint import Provider, question_of

pytestmark = pytest.mark.django_db


def breaking(
    what: str | tuple[str, ...], seeds: range = range(100), model: str = "sim-borealis"
) -> Any:
    """What breaks one kind of case on one model, in some repeats."""

    def answer(body: dict[str, Any]) -> str:
        bad = body["model"].startswith(model) and body["seed"] in seeds
        return FORBIDDEN if bad and question_of(body).startswith(what) else "Gladly."

    return answer


def ended(run: EvalRun) -> Any:
    work_off()
    run.refresh_from_db()
    return run.verdict


def test_every_case_is_asked_once_and_must_pass_cases_five_times(
    fleet: Fleet, asked: Provider
) -> None:
    suite(fleet, ordinary=50, refunds=0, must_pass=2)
    run = begun(fleet)
    assert ended(run).kind == "go"
    for model in ("sim-aurora", "sim-borealis"):
        times = times_asked(asked, model)
        assert (times["case 7?"], times["must 1?"], times.total()) == (1, 5, 60)
    assert run.results.count() == run.calls_planned == 120 and not run.confirming


def test_a_slice_that_breaks_is_asked_afresh_and_nothing_else(
    fleet: Fleet, asked: Provider
) -> None:
    suite(fleet, ordinary=30, refunds=30)
    asked.answer = breaking("refund")
    run = begun(fleet)
    verdict = ended(run)
    assert verdict.kind == "no_go" and "refund" in verdict.headline
    for model in ("sim-aurora", "sim-borealis"):
        times = times_asked(asked, model)
        assert (times["refund 3?"], times["case 3?"]) == (6, 1)
    fresh = run.results.filter(fresh=True)
    assert fresh.count() == 2 * 30 * 5 and set(fresh.values_list("repeat", flat=True)) == {
        *range(1, 6)
    }
    assert run.results.count() == run.calls_planned and len(run.confirms) == 30


def test_what_breaks_once_and_never_again_holds_nobody(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=70, refunds=30)
    flaky = tuple(f"refund {n}?" for n in range(4))
    asked.answer = breaking(flaky, seeds=range(1))  # in the first asking only
    run = begun(fleet)
    verdict = ended(run)
    assert (run.confirming, verdict.kind) == (True, "go")


def test_a_must_pass_case_is_no_go_when_it_breaks_again(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=50, refunds=0, must_pass=3)
    asked.answer = breaking("must 1?")
    run = begun(fleet)
    assert ended(run).kind == "no_go"
    assert times_asked(asked, "sim-borealis")["must 1?"] == 10
    assert run.confirms == [run.results.get(case__key="must-1", arm="candidate", repeat=7).case_id]


def test_a_chunk_delivered_twice_asks_and_decides_once(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=50, refunds=0)
    run = begun(fleet)
    ended(run)
    calls = len(asked.calls)
    for item in WorkItem.objects.filter(kind=CHUNK_KIND):
        tasks.work(item.pk)
    assert len(asked.calls) == calls == 100


def test_a_worker_that_ends_while_it_opens_the_next_phase_loses_nothing(
    fleet: Fleet, asked: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(fleet, ordinary=30, refunds=30)
    asked.answer = breaking("refund")
    run = begun(fleet)
    monkeypatch.setattr("evals.actions.calls.enqueue", _killed)
    with pytest.raises(KeyboardInterrupt):
        work_off()
    monkeypatch.undo()
    run.refresh_from_db()
    assert not run.confirming, "neither the chunk nor the phase was ended without the other"
    assert WorkItem.objects.filter(kind=CHUNK_KIND).exclude(state=WorkState.DONE).exists()
    assert ended(run).kind == "no_go"
    assert times_asked(asked, "sim-borealis")["refund 3?"] == 6


def test_errors_are_neither_passes_nor_failures(fleet: Fleet, asked: Provider) -> None:
    from aiohttp import web

    def answer(body: dict[str, Any]) -> Any:
        refused = question_of(body).startswith("refund 1")
        return web.Response(status=400, text="no") if refused else "Gladly."

    suite(fleet, ordinary=40, refunds=20)
    asked.answer = answer
    run = begun(fleet)
    verdict = ended(run)
    assert verdict.kind == "inconclusive" and "22 of 120" in verdict.headline
    assert run.results.filter(outcome=Outcome.ERROR, score=None).count() == 22


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
