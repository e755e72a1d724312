"""Evaluations that wait are begun together: in so many queries, and one never stops another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evals.models import EvalRun, Suite
from fleet.campaign import evaluate_job
from fleet.campaign.actions import EVALUATE_KIND, pause
from fleet.campaign.actions import evaluation as evaluation_actions
from fleet.campaign.evaluate_job import evaluate_tracks
from fleet.campaign.models import Campaign, Track, TrackStage
from registry import work
from registry.models import Event, WorkItem, WorkState
from tests.builders import Fleet, usual_fleet
from tests.campaign.going import opened

pytestmark = pytest.mark.django_db


TOLD = {"revision.frozen": "sha256", "evalrun.started": "calls", "track.evaluating": "moves"}
"""What is told of each of them, with one of its figures."""


def begin() -> None:
    """A worker hears of one track that waits."""
    waiting = WorkItem.objects.filter(kind=EVALUATE_KIND, state=WorkState.QUEUED).order_by("pk")
    item = work.claim(waiting[0].pk)
    assert item is not None
    evaluate_tracks(item)


def stages(campaign: Campaign) -> list[str]:
    return list(campaign.tracks.order_by("variant_id").values_list("stage", flat=True))


def states() -> set[str]:
    items = WorkItem.objects.filter(kind=EVALUATE_KIND)
    return set(items.values_list("state", flat=True))


def queries(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def test_one_message_begins_all_that_wait(fleet: Fleet) -> None:
    campaign = opened(fleet)
    begin()
    assert stages(campaign) == [TrackStage.EVALUATING] * 3
    assert states() == {WorkState.DONE}
    for track in campaign.tracks.select_related("run", "revision", "baseline"):
        assert track.run is not None and track.run.revision == track.revision
        assert track.revision.model_target == fleet.new and track.revision != track.baseline
        assert track.run.suite_versions.count() == 1 and track.run.history.count() == 1
        assert track.moves == 1 and track.history.first().stage == TrackStage.EVALUATING
    for verb, by in TOLD.items():
        told = Event.objects.filter(verb=verb, variant__in=fleet.variants, data__has_key=by)
        assert told.values("variant").distinct().count() == 3, verb


def test_as_many_queries_for_seven_as_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    opened(usual_fleet(tenants=11))
    monkeypatch.setattr(evaluate_job, "TOGETHER", 2)
    begin()  # what a process looks up once
    two = queries(lambda: begin())
    monkeypatch.setattr(evaluate_job, "TOGETHER", 7)
    seven = queries(lambda: begin())
    assert states() == {WorkState.DONE}
    assert seven == two


def test_a_track_that_cannot_be_begun_does_not_stop_the_others(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = opened(fleet)
    bad = campaign.tracks.order_by("pk")[1]
    order = evaluation_actions._order

    def failing(track: Track) -> object:
        if track.pk == bad.pk:
            raise RuntimeError("No.")
        return order(track)

    monkeypatch.setattr(evaluation_actions, "_order", failing)
    waiting = WorkItem.objects.filter(kind=EVALUATE_KIND).order_by("pk")
    for item in waiting:
        mine = work.claim(item.pk)
        assert mine is not None
        if item.payload["track"] == str(bad.pk):
            with pytest.raises(RuntimeError):
                evaluate_tracks(mine)
        else:
            evaluate_tracks(mine)
    left = campaign.tracks.exclude(stage=TrackStage.EVALUATING)
    assert [track.pk for track in left] == [bad.pk]
    assert EvalRun.objects.count() == 2
    assert not bad.variant.revisions.filter(model_target=fleet.new).exists()


def test_what_a_worker_had_before_is_begun_by_itself(fleet: Fleet) -> None:
    campaign = opened(fleet)
    items = WorkItem.objects.filter(kind=EVALUATE_KIND).order_by("pk")
    items.filter(pk=items[0].pk).update(attempts=1)
    begin()
    assert sorted(stages(campaign)) == [TrackStage.EVALUATING, *[TrackStage.QUEUED] * 2]
    begin()
    assert stages(campaign) == [TrackStage.EVALUATING] * 3


def test_one_that_is_paused_waits_and_the_others_begin(fleet: Fleet) -> None:
    campaign = opened(fleet)
    still, *_ = campaign.tracks.order_by("pk")
    pause(still, by=fleet.engineer, why="Not now.")
    begin()
    assert sorted(stages(campaign)) == [*[TrackStage.EVALUATING] * 2, TrackStage.QUEUED]
    assert campaign.tracks.get(stage=TrackStage.QUEUED).pk == still.pk


def test_where_nothing_measures_them_all_need_work_and_say_why(fleet: Fleet) -> None:
    Suite.objects.update(active=False)
    campaign = opened(fleet)
    begin()
    assert stages(campaign) == [TrackStage.NEEDS_WORK] * 3
    whys = Event.objects.filter(verb="track.needs_work").values_list("why", flat=True)
    assert set(whys) == {"There is no suite for support-triage yet. Write one, then evaluate."}
    assert not EvalRun.objects.exists()
