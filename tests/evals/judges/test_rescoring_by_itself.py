"""A new version of a judge scores again by itself what its forerunner scored last."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from evals.actions import start_run
from evals.judges.calibrating import calibrate
from evals.models import EvalRun
from evals.suites import write_suite
from fleet import tasks
from fleet.release.actions import adopt
from fleet.rescoring import RESCORE_KIND
from registry.models import Event, WorkItem, WorkState
from tests.builders import Fleet, make_cases
from tests.evals.judges.world import SLUG, make_judge, say, verdict, write_labels
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(fleet: Fleet) -> list[EvalRun]:
    """Two runs that a first version of the judge scored."""
    make_judge(fleet)
    expects = {"scorer": "llm_judge", "judge": SLUG, "criteria": "It is kind."}
    cases = [{**case, "expectations": [expects]} for case in make_cases(2)]
    write_suite(prompt=fleet.prompt, cases=cases, by=fleet.engineer)
    runs = [
        start_run(variant.revisions.get(), baseline=None, by=fleet.engineer)
        for variant in fleet.variants[:2]
    ]
    for run in runs:
        measure(run)
    do()
    write_labels(fleet)
    return runs


def do() -> None:
    """What the workers do of it."""
    for pk in WorkItem.objects.filter(kind=RESCORE_KIND).values_list("pk", flat=True):
        tasks.work(pk)
    assert not WorkItem.objects.filter(kind=RESCORE_KIND).exclude(state=WorkState.DONE).exists()


def again() -> set[EvalRun]:
    """The runs that are scored again."""
    return {run.again_of for run in EvalRun.objects.filter(scores_only=True)}


def test_version_that_was_calibrated_scores_again_once_it_is_live(
    fleet: Fleet, scored: list[EvalRun]
) -> None:
    judge = make_judge(fleet, live=False)
    say(calibrate(judge, by=fleet.engineer))
    do()
    assert again() == set()
    adopt(judge, by=fleet.engineer, reason="It judges better.")
    do()
    assert again() == set(scored)
    told = Event.objects.get(verb="judge.rescored")
    assert (told.actor, told.data["runs"], told.variant) == (None, 2, judge.variant)
    client = Client()
    client.force_login(fleet.viewer)
    for run in EvalRun.objects.filter(scores_only=True):
        measure(run)
    page = client.get(reverse("judge-detail", args=[SLUG])).content.decode()
    assert "scored the newest run of 2 variants again" in page and "by itself" in page


def test_live_version_scores_again_once_its_calibration_passed(
    fleet: Fleet, scored: list[EvalRun]
) -> None:
    judge = make_judge(fleet)
    do()
    say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 20)
    do()
    assert again() == set()
    say(calibrate(judge, by=fleet.engineer))
    WorkItem.objects.filter(kind=RESCORE_KIND, state=WorkState.QUEUED).get()
    do()
    assert again() == set(scored)


def test_work_done_twice_scores_once(fleet: Fleet, scored: list[EvalRun]) -> None:
    say(calibrate(make_judge(fleet), by=fleet.engineer))
    do()
    WorkItem.objects.filter(kind=RESCORE_KIND).update(state=WorkState.QUEUED)
    do()
    assert EvalRun.objects.filter(scores_only=True).count() == len(scored)


def test_release_of_what_is_no_judge_owes_nothing(fleet: Fleet) -> None:
    assert Event.objects.filter(verb="release.adopted").exists()
    assert not WorkItem.objects.filter(kind=RESCORE_KIND).exists()
