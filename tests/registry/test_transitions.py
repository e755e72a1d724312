"""Many rows moved at once: as if each had been moved by itself."""

from __future__ import annotations

import pytest
from django.utils import timezone

from evals.actions import cancel_run, start_run
from evals.models import EvalRun, RunStage
from registry.models import Event
from registry.transitions import IllegalMove, move_all
from tests.builders import Fleet, usual_fleet

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet() -> Fleet:
    return usual_fleet(tenants=2, cases=2)


@pytest.fixture
def runs(fleet: Fleet) -> list[EvalRun]:
    return [
        start_run(variant.revisions.get(), baseline=None, by=fleet.engineer)
        for variant in fleet.variants[:2]
    ]


def test_rows_moved_together_have_their_own_why_history_and_event(runs: list[EvalRun]) -> None:
    at = timezone.now()
    whys = ["It is good.", "It is not."]
    move_all(list(zip(runs, whys, strict=True)), RunStage.DONE, by=None, finished_at=at)
    for run, why in zip(runs, whys, strict=True):
        assert (run.stage, run.finished_at) == (RunStage.DONE, at)
        run.refresh_from_db()
        assert (run.stage, run.finished_at) == (RunStage.DONE, at)
        last = run.history.latest()
        assert (last.stage, last.history_type) == (RunStage.DONE, "~")
        told = Event.objects.get(verb="evalrun.done", subject_id=str(run.pk))
        assert (told.why, told.variant, told.data["origin"]) == (why, run.variant, "running")


def test_rows_of_which_one_may_not_move_all_stay(fleet: Fleet, runs: list[EvalRun]) -> None:
    cancel_run(runs[1], by=fleet.engineer)
    with pytest.raises(IllegalMove):
        move_all([(run, "") for run in runs], RunStage.DONE, by=None)
    assert EvalRun.objects.get(pk=runs[0].pk).stage == RunStage.RUNNING
    assert not Event.objects.filter(verb="evalrun.done").exists()
