"""The worker dies in the middle of runs, then Redis does: nothing lost, nothing asked twice."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evals.actions import start_run
from evals.models import Arm, CaseResult, EvalRun, Outcome, RunStage
from evals.runner.chunk import side_of
from registry.models import WorkItem
from tests import live
from tests.builders import build_fleet
from tests.evals.asked import candidate, suite
from tests.faults.own_redis import own_redis

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

LEASE_SECONDS = "2"
LATENCY_MS = "60"
IN_FLIGHT = 8
BATCH = 6 * IN_FLIGHT
"""Answers that may be on their way into the database when a worker dies; 0.15 s to a flush."""


def test_killed_workers_and_a_lost_redis_change_no_verdict_and_ask_nothing_answered_again(
    tmp_path: Path,
) -> None:
    fleet = build_fleet(tenants=2)
    suite(fleet, ordinary=30, refunds=30, must_pass=2)
    runs = [
        start_run(
            candidate(fleet, variant, tone=f"New {variant.pk}."), by=None,
            baseline=variant.revisions.get(number=1),
        )
        for variant in fleet.variants
    ]  # fmt: skip
    screening = sum(run.calls_planned for run in runs)
    with provider(tmp_path) as url, own_redis(tmp_path) as broker, live.crew() as crew:
        env = {
            "DATABASE_URL": live.database_url(), "REDIS_URL": broker.url(),
            "FLEET_SIMULATOR_URL": f"{url}/v1", "FLEET_SIMULATOR_CONCURRENCY": str(IN_FLIGHT),
            "FLEET_LEASE_SECONDS": LEASE_SECONDS, "FLEET_RECONCILE_SECONDS": "0.5",
        }  # fmt: skip
        crew.append(live.start_beat(env, tmp_path / "beat.log"))
        crew.append(worker := live.start_worker(env, tmp_path / "worker.log"))
        reach(0.25 * screening)
        worker.kill()
        stored = answered()
        crew.append(live.start_worker(env, tmp_path / "worker.log"))
        reach(0.6 * screening)
        broker.lose()
        until_done(runs)
        asked = asked_of(url)
    assert {run.verdict.kind for run in fresh(runs)} == {"no_go"}
    assert {"refund" in run.verdict.headline for run in fresh(runs)} == {True}
    again = {call for call, times in asked.items() if times > 1}
    assert not again & stored, "what was answered before the kill was not asked again"
    planned = sum(run.calls_planned for run in fresh(runs))
    twice = asked.total() - planned
    print(
        f"\n{planned} calls planned, {asked.total()} made; {len(stored)} were stored when the "
        f"worker was killed, none of those was asked again; {twice} that were in flight were."
    )
    assert 0 <= twice <= BATCH
    assert CaseResult.objects.filter(outcome=Outcome.ANSWERED).count() == planned
    assert not WorkItem.objects.filter(state="dead").exists()


def reach(number: float) -> None:
    live.until(
        lambda: CaseResult.objects.count() > number, seconds=90, what=f"{number:.0f} are stored"
    )


def until_done(runs: list[EvalRun]) -> None:
    left = EvalRun.objects.filter(pk__in=[run.pk for run in runs]).exclude(stage=RunStage.DONE)
    live.until(lambda: not left.exists(), seconds=60, what="all runs are done")


def fresh(runs: list[EvalRun]) -> list[EvalRun]:
    return list(EvalRun.objects.filter(pk__in=[run.pk for run in runs]).select_related("verdict"))


def answered() -> set[str]:
    """The calls whose answers are stored, as the provider knows them."""
    rows = CaseResult.objects.select_related(
        "case__suite_version__suite", "run__revision__base_version", "run__baseline__base_version",
        "run__revision__model_target", "run__baseline__model_target",
    )  # fmt: skip
    found = set()
    for row in rows:
        side = side_of(row.run, Arm(row.arm))
        model = side.revision.model_target.snapshot
        found.add(call(model, side.messages(row.case), row.repeat))
    assert found
    return found


def asked_of(url: str) -> Counter[str]:
    """How often the provider was asked each call."""
    with urllib.request.urlopen(f"{url}/calls", timeout=10) as response:
        return Counter(call(*one) for one in json.load(response)["asked"])


def call(model: str, messages: Any, seed: int) -> str:
    return json.dumps([model, list(messages), seed], sort_keys=True)


@contextmanager
def provider(place: Path) -> Iterator[str]:
    """A model that answers slowly and breaks the refunds on the new snapshot."""
    port = live.free_port()
    command = ["--port", str(port), "--latency-ms", LATENCY_MS, "--breaks", "sim-borealis:refund"]
    process = live.Process("-m", "tests.evals.endpoint", *command, env={}, log=place / "model.log")
    url = f"http://127.0.0.1:{port}"
    try:
        live.until(lambda: _up(url), what="the model answers")
        yield url
    finally:
        process.kill()


def _up(url: str) -> bool:
    try:
        asked_of(url)
    except OSError:
        return False
    return True
