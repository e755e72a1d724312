"""The worker dies in the middle of 47 re-evaluations: nothing lost, nothing twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count

from evals.actions.calls import cases_of, repeats_of
from evals.answers import token_of
from evals.gate import CasePair, Thresholds, decide, to_confirm
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome, Suite, SuiteScope
from evals.runner.chunk import side_of
from evals.scorers import Answer, score_case
from evals.simulator.completion import complete
from evals.suites import write_suite
from fleet.campaign.actions import open_campaign
from fleet.campaign.models import Campaign, TrackStage
from fleet.demo.load import load_demo
from registry.models import ModelTarget, User, WorkItem
from tests import live

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.django_db(transaction=True)]

LEASE_SECONDS = "2"
CONFIRM_REPEATS = 5


@pytest.fixture
def campaign() -> Campaign:
    """The demo's 47 variants, about to move to the new model."""
    load_demo(lambda line: None)
    _shorten_the_suites()
    old = ModelTarget.objects.get(snapshot__startswith="sim-aurora")
    new = ModelTarget.objects.get(snapshot__startswith="sim-borealis")
    engineer = User.objects.get(username="ines")
    return open_campaign(source=old, target=new, name="Killed twice", by=engineer)


def _shorten_the_suites() -> None:
    """Every fourth case of the core and nothing else: 47 times both arms are calls enough."""
    for suite in Suite.objects.exclude(prompt__slug="support-triage", scope=SuiteScope.CORE):
        suite.active = False
        suite.save()
    core = Suite.objects.get(prompt__slug="support-triage", scope=SuiteScope.CORE)
    cases = list(core.versions.first().cases.order_by("position").values())[::4]
    kept = ("key", "messages", "variables", "tags", "must_pass", "weight", "expectations")
    write_suite(
        prompt=core.prompt, name=core.name, by=User.objects.get(username="ines"),
        cases=[{name: case[name] for name in kept} for case in cases],
    )  # fmt: skip


def test_a_worker_killed_in_mid_campaign_leaves_47_right_verdicts_and_no_duplicates(
    campaign: Campaign, tmp_path: Path
) -> None:
    planned = _cases_in_both_arms(campaign)
    with live.simulator(tmp_path / "simulator.log") as url:
        env = {
            "DATABASE_URL": live.database_url(), "REDIS_URL": os.environ["REDIS_URL"],
            "FLEET_SIMULATOR_URL": url, "FLEET_LEASE_SECONDS": LEASE_SECONDS,
            "FLEET_RECONCILE_SECONDS": "0.5",
        }  # fmt: skip
        with live.crew() as crew:
            crew.append(live.start_beat(env, tmp_path / "beat.log"))
            for share in (0.15, 0.5):
                crew.append(worker := live.start_worker(env, tmp_path / "worker.log"))
                live.until(
                    lambda share=share: CaseResult.objects.count() > planned * share,
                    seconds=60, what=f"{share:.0%} of the calls are answered",
                )  # fmt: skip
                worker.kill()
                assert 0 < CaseResult.objects.count() < planned, "killed in the middle"
            crew.append(live.start_worker(env, tmp_path / "worker.log"))
            live.until(lambda: _settled(campaign), seconds=120, what="47 tracks are settled")
    assert _answered_twice() == 0
    runs = EvalRun.objects.select_related(
        "verdict", "revision__model_target", "revision__base_version", "baseline__model_target",
        "baseline__base_version",
    )  # fmt: skip
    answered = CaseResult.objects.filter(outcome=Outcome.ANSWERED).count()
    assert answered == sum(run.calls_planned for run in runs)
    assert {run.pk: run.verdict.kind for run in runs} == {run.pk: _expected(run) for run in runs}
    assert runs.count() == campaign.tracks.count() == 47
    assert not WorkItem.objects.filter(state="dead").exists()


def _cases_in_both_arms(campaign: Campaign) -> int:
    """What every run asks at least; must-pass cases are asked more often than once."""
    cases = Suite.objects.get(active=True).versions.first().cases.count()
    return 2 * cases * campaign.tracks.count()


def _settled(campaign: Campaign) -> bool:
    moving = [TrackStage.QUEUED, TrackStage.EVALUATING]
    return not campaign.tracks.filter(stage__in=moving).exists()


def _answered_twice() -> int:
    rows = CaseResult.objects.filter(outcome=Outcome.ANSWERED).values(
        "run", "arm", "case", "repeat"
    )
    return rows.annotate(times=Count("pk")).filter(times__gt=1).count()


def _expected(run: EvalRun) -> str:
    """The verdict computed here and now, from the simulator's own code, past all the work."""
    cases = cases_of(run)
    thresholds = Thresholds(**run.thresholds)
    first = [_pair(run, case, range(repeats_of(run, case))) for case in cases]
    named = to_confirm(thresholds, first)
    fresh = [
        _pair(run, case, range(repeats_of(run, case), repeats_of(run, case) + CONFIRM_REPEATS))
        for case in cases
        if case.label in named
    ]
    return decide(thresholds, first, reserve=fresh).verdict


def _pair(run: EvalRun, case: Case, repeats: range) -> CasePair:
    return CasePair(
        case.label, tuple(case.tags), case.must_pass,
        baseline=tuple(_score(run, Arm.BASELINE, case, repeat) for repeat in repeats),
        candidate=tuple(_score(run, Arm.CANDIDATE, case, repeat) for repeat in repeats),
    )  # fmt: skip


def _score(run: EvalRun, arm: Arm, case: Case, repeat: int) -> float:
    side = side_of(run, arm)
    answer = complete(
        {
            "model": side.revision.model_target.snapshot, "temperature": 0, "seed": repeat,
            "messages": list(side.messages(case)),
        }
    )  # fmt: skip
    text = answer["choices"][0]["message"]["content"]
    found = Answer(text=text, variables=case.variables, canary=token_of(case))
    return score_case(case.expectations, found).value


def test_the_test_database_is_the_one_the_worker_gets(db: None) -> None:
    assert connection.settings_dict["NAME"] in live.database_url()
