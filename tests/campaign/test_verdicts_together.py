"""Verdicts that come together are acted on together, and one never stops another."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet import tasks, verdict_job
from fleet.campaign.actions import start_evaluations
from fleet.campaign.models import Campaign, Track, TrackStage
from registry import work
from registry.models import Event, WorkItem, WorkState
from tests.builders import Fleet, usual_fleet
from tests.campaign.going import opened
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


def measured(campaign: Campaign, *, broken: Track | None = None) -> list[WorkItem]:
    """All tracks measured, one of them with many cases that fail; the items of their verdicts."""
    begun = start_evaluations(list(campaign.tracks.values_list("pk", flat=True)))
    for pk, run in begun.items():
        failing = [f"case-{n}" for n in range(40)] if broken and broken.pk == pk else []
        measure(run, failing=failing)
    owed = WorkItem.objects.filter(kind="verdict_recorded", state=WorkState.QUEUED)
    return work.claim_all(list(owed.values_list("pk", flat=True)))


def states(items: list[WorkItem]) -> set[str]:
    rows = WorkItem.objects.filter(pk__in=[one.pk for one in items])
    return set(rows.values_list("state", flat=True))


def test_each_track_goes_where_its_own_verdict_sends_it(fleet: Fleet) -> None:
    campaign = opened(fleet)
    worse, free, usual = campaign.tracks.order_by("variant_id")
    items = measured(campaign, broken=worse)
    Track.objects.filter(pk=free.pk).update(sign_off_exempt_why="Pilot.")
    tasks.try_together(items)
    stages = dict(campaign.tracks.values_list("pk", "stage"))
    assert stages == {
        worse.pk: TrackStage.NEEDS_WORK, free.pk: TrackStage.SIGNED_OFF,
        usual.pk: TrackStage.AWAITING_SIGN_OFF,
    }  # fmt: skip
    whys = Event.objects.filter(verb__in=["track.needs_work", "track.signed_off"])
    worse.refresh_from_db()
    headline = worse.run.verdict.headline  # type: ignore[union-attr]
    assert headline.startswith("No-go: ")
    assert {one.why for one in whys} == {headline, "No sign-off needed: Pilot."}
    assert states(items) == {WorkState.DONE}
    assert {track.moves for track in campaign.tracks.all()} == {2, 3}


def test_as_many_queries_for_six_as_for_two() -> None:
    campaign = opened(usual_fleet(tenants=9))
    items = measured(campaign)
    tasks.try_together(items[:1])  # what a process looks up once

    def queries(some: list[WorkItem]) -> int:
        with CaptureQueriesContext(connection) as seen:
            tasks.try_together(some)
        return len(seen)

    assert queries(items[1:3]) == queries(items[3:9])
    assert states(items) == {WorkState.DONE}


def test_one_that_fails_is_put_back_and_the_others_go_on(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = opened(fleet)
    items = measured(campaign)
    bad = campaign.tracks.get(run=items[1].payload["run"])
    settle_all = verdict_job.settle_all

    def failing(runs: list[object]) -> None:
        if bad.run in runs:
            raise RuntimeError("No.")
        settle_all(runs)  # type: ignore[arg-type]

    monkeypatch.setattr(verdict_job, "settle_all", failing)
    tasks.try_together(items)
    left = campaign.tracks.exclude(stage=TrackStage.AWAITING_SIGN_OFF)
    assert [one.pk for one in left] == [bad.pk]
    item = WorkItem.objects.get(pk=items[1].pk)
    assert item.state == WorkState.QUEUED and "No." in item.last_error
