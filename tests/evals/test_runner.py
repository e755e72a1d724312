"""A chunk of a run against the real simulated server, with faults on demand."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from evals.actions import CHUNK_KIND, start_run
from evals.models import CaseResult, EvalRun, Outcome, Verdict
from evals.runner import answer_chunks
from fleet import tasks
from registry import work
from registry.models import WorkItem, WorkState
from tests import live
from tests.builders import Fleet

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
    monkeypatch.setattr("evals.runner.pump.finish_chunk", _killed)
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
    assert (verdict.kind, verdict.pass_rate) == ("go", 1.0)
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


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _faults(base_url: str, plan: dict[str, object]) -> None:
    request = urllib.request.Request(
        base_url.removesuffix("/v1") + "/admin/faults", data=json.dumps(plan).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 200
