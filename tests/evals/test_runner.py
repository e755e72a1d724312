"""A chunk of a run against the real simulated server, with faults on demand."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from django.db import connections
from django.utils import timezone

from evals.actions import CHUNK_KIND, UnusableTarget, start_run
from evals.models import CaseResult, EvalRun, Outcome, Verdict
from evals.runner import answer_chunks
from evals.runner.alone import LOCK
from evals.runner.pace import holds, take_turns
from fleet import tasks
from registry import work
from registry.models import ModelTarget, WorkItem, WorkState
from tests import live
from tests.builders import Fleet
from tests.evals.asked import candidate, suite, work_off
from tests.evals.endpoint import Provider
from tests.evals.endpoint import provider as endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The simulated model server."""
    with live.simulator(tmp_path_factory.mktemp("simulator") / "log") as url:
        yield url


@pytest.fixture
def provider(simulator: str, settings: Any) -> dict[str, Any]:
    """The simulator as the runner knows it; a test may change it."""
    found = {"base_url": simulator, "key": "simulated", "concurrency": 8}
    settings.PROVIDERS = {"simulator": found}
    return found


@pytest.fixture
def run(fleet: Fleet) -> EvalRun:
    """A run of 12 cases on a revision without baseline: one chunk."""
    suite(fleet, ordinary=12, refunds=0)
    return start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)


def chunk() -> WorkItem:
    """The run's only chunk, claimed."""
    found = work.claim(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    assert found is not None
    return found


def answered(item: WorkItem) -> None:
    """Answer the chunk, and what else waits."""
    list(answer_chunks(item))


def test_a_chunk_stores_one_scored_answer_a_case(run: EvalRun, provider: Any) -> None:
    answered(chunk())
    results = CaseResult.objects.filter(run=run, outcome=Outcome.ANSWERED)
    assert results.count() == 12
    assert {result.score for result in results} == {1.0}
    assert all(result.answer and result.latency_ms > 0 for result in results)


def test_a_chunk_taken_over_asks_only_what_has_no_answer(
    run: EvalRun, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = chunk()
    monkeypatch.setattr("evals.runner.pump.finish_chunks", _killed)
    with pytest.raises(KeyboardInterrupt):
        answered(item)
    monkeypatch.undo()
    provider["base_url"] = f"http://127.0.0.1:{live.free_port()}/v1"  # asking now is an error row
    answered(chunk())
    outcomes = list(CaseResult.objects.values_list("outcome", flat=True))
    assert outcomes == [Outcome.ANSWERED] * 12


def test_the_last_chunk_records_the_verdict_and_passes_it_on_at_once(
    run: EvalRun, provider: Any
) -> None:
    tasks.work(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    verdict = Verdict.objects.get(run=run)
    assert verdict.pass_rate == 1.0
    assert WorkItem.objects.get(key=f"verdict:{run.pk}").state == WorkState.DONE


def test_a_worker_that_lost_its_lease_stops_writing(run: EvalRun, provider: Any) -> None:
    item = chunk()
    WorkItem.objects.filter(pk=item.pk).update(token="00000000-0000-0000-0000-000000000000")
    answered(item)
    assert not CaseResult.objects.exists()


def test_a_server_that_is_away_gives_errors_and_an_inconclusive_verdict(
    run: EvalRun, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider["base_url"] = f"http://127.0.0.1:{live.free_port()}/v1"
    monkeypatch.setattr("evals.model_client.calling.ATTEMPTS", 1)
    tasks.work(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    results = CaseResult.objects.filter(run=run)
    assert {result.outcome for result in results} == {Outcome.ERROR}
    assert {result.score for result in results} == {None}, "neither a pass nor a fail"
    assert Verdict.objects.get(run=run).kind == "inconclusive"


def test_429_with_retry_after_is_waited_for_and_answered(
    run: EvalRun, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _faults(provider["base_url"], {"rate": 0.3, "kind": "429;retry-after=0.05"})
    try:
        monkeypatch.setattr("evals.model_client.calling.ATTEMPTS", 12)
        answered(chunk())
    finally:
        _faults(provider["base_url"], {"rate": 0})
    assert CaseResult.objects.filter(outcome=Outcome.ANSWERED).count() == 12


def test_a_hanging_server_is_an_error_after_the_time_limit(
    run: EvalRun, provider: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODEL_TIMEOUT_SECONDS = 0.3
    monkeypatch.setattr("evals.model_client.calling.ATTEMPTS", 1)
    _faults(provider["base_url"], {"rate": 1, "kind": "hang"})
    try:
        answered(chunk())
    finally:
        _faults(provider["base_url"], {"rate": 0})
    errors = set(CaseResult.objects.values_list("error", flat=True))
    assert errors == {"No answer within 0.3 s."}


def test_a_provider_that_is_not_set_up_is_named_and_the_run_still_ends(
    run: EvalRun, settings: Any
) -> None:
    settings.PROVIDERS = {}
    tasks.work(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    assert "simulator" in CaseResult.objects.values_list("error", flat=True)[0]
    assert Verdict.objects.get(run=run).kind == "inconclusive"


def test_a_dead_provider_holds_no_other_run_up_and_ends_inconclusive(
    fleet: Fleet, asked: Provider, settings: Any
) -> None:
    suite(fleet, ordinary=20, refunds=0)
    settings.PROVIDER_PATIENCE_SECONDS = 1.5
    with endpoint() as dead:
        dead.hang = True
        settings.PROVIDERS["dead"] = {"base_url": dead.url, "key": "k", "concurrency": 8}
        ModelTarget.objects.filter(pk=fleet.new.pk).update(provider="dead")
        fleet.new.refresh_from_db()
        hung, well = (
            start_run(revision, baseline=None, by=None)
            for revision in (candidate(fleet, fleet.variants[0]), fleet.variants[1].revisions.get())
        )
        work_off()
    ends = {run.pk: EvalRun.objects.get(pk=run.pk).finished_at for run in (hung, well)}
    assert ends[well.pk] < ends[hung.pk], "the other one did not wait for it"
    assert ends[hung.pk] - hung.started_at < dt.timedelta(seconds=5)
    assert Verdict.objects.get(run=hung).kind == "inconclusive"
    assert "dead gave no answer" in hung.results.values_list("error", flat=True)[0]


def test_an_alias_is_no_target_and_dated_names_are_offered(fleet: Fleet) -> None:
    ModelTarget.objects.filter(pk=fleet.old.pk).update(snapshot="gpt-4o")
    with pytest.raises(UnusableTarget, match="gpt-4o-2024-11-20 or gpt-4o-2024-08-06"):
        start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)


def test_turns_of_a_rate_limit_are_never_given_twice(db: None) -> None:
    first, second = take_turns("p", 600, 3), take_turns("p", 600, 2)
    assert all(b - a > 0.09 for a, b in itertools.pairwise([*first, *second]))
    assert holds()["p"] == pytest.approx(0.5, abs=0.1)


def test_a_rate_limit_is_kept(fleet: Fleet, asked: Provider, settings: Any) -> None:
    suite(fleet, ordinary=12, refunds=0)
    settings.PROVIDERS["simulator"]["calls_a_minute"] = 1200
    start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)
    work_off()
    assert len(asked.times) == 12 and asked.times[-1] - asked.times[0] > 11 * 0.05 * 0.9


def test_a_provider_that_wants_to_be_left_alone_for_long_is(
    fleet: Fleet, asked: Provider, settings: Any
) -> None:
    settings.PUMP_SECONDS = 1.0
    asked.answer = lambda body: web.Response(status=429, headers={"Retry-After": "600"})
    start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)
    work_off()
    item, calls = WorkItem.objects.get(kind=CHUNK_KIND), len(asked.calls)
    assert item.state == WorkState.QUEUED and item.not_before is not None
    assert 590 < (item.not_before - timezone.now()).total_seconds() <= 601
    assert holds()["simulator"] > 590 and not CaseResult.objects.exists()
    WorkItem.objects.update(not_before=None)
    work_off()
    assert len(asked.calls) == calls, "nobody else asks it before then either"


def test_the_time_of_a_task_is_bounded_and_the_rest_is_left_to_the_next(
    fleet: Fleet, asked: Provider, settings: Any
) -> None:
    suite(fleet, ordinary=60, refunds=0)
    settings.PUMP_SECONDS, asked.latency = 0.3, 0.1
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)
    tasks.work(WorkItem.objects.filter(kind=CHUNK_KIND).order_by("pk")[0].pk)
    assert 0 < run.results.count() < 60
    item = WorkItem.objects.filter(kind=CHUNK_KIND, state=WorkState.QUEUED)[0]
    assert item.attempts == 0, "nothing went wrong"
    work_off()
    assert len(asked.calls) == run.results.count() == 60


def test_two_processes_never_ask_at_the_same_time(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=5, refunds=0)
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)
    item = chunk()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        assert list(answer_chunks(item)) == []
    other.close()
    item.refresh_from_db()
    assert (item.state, item.attempts, len(asked.calls)) == (WorkState.QUEUED, 0, 0)
    work_off()
    assert run.results.count() == 5


def test_an_item_that_ended_every_worker_is_given_up_and_its_run_ends(
    run: EvalRun, provider: Any
) -> None:
    WorkItem.objects.filter(kind=CHUNK_KIND).update(attempts=work.ATTEMPTS)
    tasks.work(WorkItem.objects.get(kind=CHUNK_KIND).pk)
    assert WorkItem.objects.get(kind=CHUNK_KIND).state == WorkState.DEAD
    assert Verdict.objects.get(run=run).kind == "inconclusive"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _faults(base_url: str, plan: dict[str, object]) -> None:
    request = urllib.request.Request(
        base_url.removesuffix("/v1") + "/admin/faults", data=json.dumps(plan).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 200
