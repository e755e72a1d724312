"""The steps a track is owed: taken once, in time, only while nothing stands against them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fleet.campaign.actions import (
    cancel_campaign,
    cut_over,
    defer,
    exempt,
    finish_watch,
    pause,
    re_evaluate,
    resume,
    ring_due,
    roll_back_track,
    schedule,
    start_evaluation,
    take_canary_on,
    take_in_again,
    take_step,
    unschedule,
)
from fleet.campaign.actions.signing import standing_sign_off
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.feedback.models import Feedback
from fleet.notify.models import Notification
from fleet.release.actions import advancing
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import AlreadyDecided, Blocked
from fleet.window.models import Blackout
from registry.models import Event, WorkItem, WorkState
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.campaign.going import drain, first, go, opened, ready, signed_first
from tests.evals.measured import measure
from tests.release.test_invariants import published

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
CANARY = [{"share": 0.1, "soak_minutes": 30}, {"share": 0.5, "soak_minutes": 30}]


def tick() -> int:
    """What beat and worker do: owe what is due, do it."""
    WorkItem.objects.filter(state=WorkState.DONE).update(
        finished_at=timezone.now() - dt.timedelta(minutes=5)
    )
    ring_due()
    return drain("track_step", take_step)


def fresh(track: Track) -> Track:
    return Track.objects.get(pk=track.pk)


def signed(fleet: Fleet, **campaign: Any) -> Track:
    """A track that only waits for its cutover, in a campaign with these choices."""
    track = signed_first(fleet)
    if campaign:
        Campaign.objects.filter(pk=track.campaign_id).update(**campaign)
    return fresh(track)


def soak(track: Track, minutes: int = 31) -> None:
    Release.objects.filter(pk=fresh(track).release_id).update(
        step_at=timezone.now() - dt.timedelta(minutes=minutes)
    )


def test_canary_soaks_step_by_step_and_then_everybody_gets_it(fleet: Fleet) -> None:
    track = signed(fleet, plan=CANARY)
    release = cut_over(track, by=fleet.engineer)
    assert (release.stage, release.share) == (Stage.CANARY, 0.1)
    assert tick() == 0, "it has not soaked yet"
    soak(track)
    assert tick() == 1
    assert fresh(track).release.share == 0.5
    soak(track)
    tick()
    track = fresh(track)
    assert (track.stage, track.release.stage) == (TrackStage.DONE, Stage.LIVE)
    assert Served.objects.get(variant=track.variant).sha256 == track.revision.sha256
    assert Release.objects.filter(variant=track.variant, stage=Stage.LIVE).count() == 1


def test_canary_of_a_track_says_how_it_goes_on_and_only_its_track_takes_it_on(
    fleet: Fleet,
) -> None:
    track = signed(fleet, plan=CANARY, by_time=True)
    assert cut_over(track, by=fleet.engineer).by_time
    soak(track)
    assert advancing.ring_due() == 0, "the clock of releases leaves it to its track's"
    assert advancing.advance(fresh(track).release_id, step=0) is None
    assert tick() == 1 and fresh(track).release.step == 1


def test_a_track_that_is_measured_again_forgets_the_time_it_was_scheduled_for(
    fleet: Fleet,
) -> None:
    track = signed(fleet)
    schedule(track, at=timezone.now() + HOUR, by=fleet.engineer)
    re_evaluate(fresh(track), by=fleet.engineer)
    again = fresh(track)
    assert (again.stage, again.scheduled_for) == (TrackStage.EVALUATING, None)
    assert again.scheduled_by is None


def test_canary_step_is_taken_once_however_often_it_is_delivered(fleet: Fleet) -> None:
    track = signed(fleet, plan=CANARY)
    cut_over(track, by=fleet.engineer)
    soak(track)
    ring_due()
    [item] = WorkItem.objects.filter(kind="track_step")
    for _ in range(5):
        WorkItem.objects.filter(pk=item.pk).update(state=WorkState.QUEUED)
        drain("track_step", take_step)
    assert fresh(track).release.step == 1
    assert Event.objects.filter(verb="release.widened").count() == 1


def test_canary_by_hand_waits_for_a_person(fleet: Fleet) -> None:
    track = signed(fleet, plan=CANARY, by_time=False)
    cut_over(track, by=fleet.engineer)
    soak(track, 10_000)
    assert tick() == 0
    assert take_canary_on(track, by=fleet.engineer).share == 0.5
    assert take_canary_on(track, by=fleet.engineer).stage == Stage.LIVE
    with pytest.raises(AlreadyDecided):
        take_canary_on(track, by=fleet.engineer)


def test_canary_is_held_while_something_stands_against_it_and_people_hear_once(
    fleet: Fleet,
) -> None:
    track = signed(fleet, plan=CANARY)
    cut_over(track, by=fleet.engineer)
    soak(track)
    fleet.engineer.groups.clear()  # who released it may not any more
    tick()
    tick()
    held = fresh(track)
    assert "into traffic" in held.held_why and held.release.step == 0
    assert Notification.objects.filter(kind="track.held").count() == 1


def test_canary_stopped_on_its_own_page_gives_the_track_back(fleet: Fleet) -> None:
    from fleet.release.actions import stop_canary

    track = signed(fleet, plan=CANARY)
    stop_canary(cut_over(track, by=fleet.engineer), by=fleet.engineer, reason="Odd answers.")
    tick()
    assert fresh(track).stage == TrackStage.NEEDS_WORK


def test_rolled_back_in_its_canary_leaves_what_is_live(fleet: Fleet) -> None:
    track = signed(fleet, plan=CANARY)
    before = Served.objects.get(variant=track.variant).body
    cut_over(track, by=fleet.engineer)
    roll_back_track(fresh(track), by=fleet.manager, reason="A complaint.")
    track = fresh(track)
    assert track.stage == TrackStage.NEEDS_WORK and track.release is None
    served = Served.objects.get(variant=track.variant)
    assert (served.body, served.canary_body) == (before, "")


def test_scheduled_track_is_cut_over_at_its_time_in_the_name_of_who_scheduled_it(
    fleet: Fleet,
) -> None:
    track = signed(fleet)
    schedule(track, at=timezone.now() + HOUR, by=fleet.engineer)
    assert tick() == 0
    Track.objects.filter(pk=track.pk).update(scheduled_for=timezone.now())
    tick()
    track = fresh(track)
    assert track.stage == TrackStage.DONE and track.release.released_by == fleet.engineer


def test_next_opening_keeps_to_window_wave_and_blackout(fleet: Fleet) -> None:
    track = signed(fleet)
    today = timezone.localdate()
    wave = track.campaign.waves.create(number=1, starts_on=today + dt.timedelta(days=3))
    Blackout.objects.create(
        first=today, last=today + dt.timedelta(days=10), reason="Freeze", by=fleet.engineer
    )
    Track.objects.filter(pk=track.pk).update(wave=wave)
    when = schedule(track, at=None, by=fleet.engineer).scheduled_for
    assert when is not None and when.date() > today + dt.timedelta(days=10)
    assert when.weekday() in (0, 1, 2, 3)


def test_what_missed_its_window_waits_for_the_next_opening(fleet: Fleet) -> None:
    track = signed(fleet)
    schedule(track, at=None, by=fleet.engineer)
    today = timezone.localdate()
    Blackout.objects.create(
        first=today - dt.timedelta(days=2), last=today + dt.timedelta(days=2), reason="Freeze",
        by=fleet.engineer,
    )  # fmt: skip
    Track.objects.filter(pk=track.pk).update(scheduled_for=timezone.now() - 3 * HOUR)
    tick()
    track = fresh(track)
    assert track.stage == TrackStage.SCHEDULED
    assert track.scheduled_for is not None and track.scheduled_for > timezone.now() + HOUR
    assert Event.objects.filter(verb="track.rescheduled").count() == 1


def test_refused_at_its_time_it_is_somebodys_turn_and_they_hear(fleet: Fleet) -> None:
    track = signed(fleet)
    schedule(track, at=timezone.now() + HOUR, by=fleet.engineer)
    Track.objects.filter(pk=track.pk).update(scheduled_for=timezone.now())
    fleet.engineer.groups.clear()
    tick()
    track = fresh(track)
    assert (track.stage, track.scheduled_for) == (TrackStage.SIGNED_OFF, None)
    assert track.held_why
    assert Notification.objects.filter(kind="track.refused", user=fleet.engineer).count() == 1


def test_what_the_customer_did_not_sign_goes_back_to_them(fleet: Fleet) -> None:
    from evals.suites import write_suite
    from tests.builders import make_cases

    track = signed(fleet)
    schedule(track, at=timezone.now() + HOUR, by=fleet.engineer)
    Track.objects.filter(pk=track.pk).update(scheduled_for=timezone.now())
    write_suite(prompt=track.variant.prompt, cases=make_cases(61), by=fleet.engineer)
    assert standing_sign_off(track) is None
    tick()
    assert fresh(track).stage == TrackStage.AWAITING_SIGN_OFF


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_time_that_has_passed_is_refused(fleet: Fleet, minutes: int) -> None:
    track = signed(fleet)
    with pytest.raises(Blocked, match="has passed"):
        schedule(track, at=timezone.now() + dt.timedelta(minutes=minutes), by=fleet.engineer)
    assert fresh(track).stage == TrackStage.SIGNED_OFF


def test_unscheduled_it_stays_signed(fleet: Fleet) -> None:
    track = schedule(signed(fleet), at=timezone.now() + HOUR, by=fleet.engineer)
    unschedule(track, by=fleet.engineer, why="Not now.")
    track = fresh(track)
    assert (track.stage, track.scheduled_for) == (TrackStage.SIGNED_OFF, None)


@pytest.mark.parametrize("what", ["track", "wave", "campaign"])
def test_nothing_is_taken_further_while_it_is_paused(fleet: Fleet, what: str) -> None:
    track = signed(fleet)
    wave = track.campaign.waves.create(number=1)
    Track.objects.filter(pk=track.pk).update(wave=wave)
    schedule(track, at=timezone.now() + HOUR, by=fleet.engineer)
    Track.objects.filter(pk=track.pk).update(scheduled_for=timezone.now())
    row = {"track": track, "wave": wave, "campaign": track.campaign}[what]
    pause(row, by=fleet.engineer, why="The provider has an outage.")
    assert tick() == 0
    with pytest.raises(Blocked, match="paused"):
        cut_over(fresh(track), by=fleet.engineer)
    resume(row, by=fleet.engineer)
    tick()
    assert fresh(track).stage == TrackStage.DONE


def test_paused_campaign_pauses_its_evals_but_not_those_paused_alone(fleet: Fleet) -> None:
    campaign = opened(fleet)
    alone, other = list(campaign.tracks.order_by("variant_id"))[:2]
    runs = [start_evaluation(alone), start_evaluation(other)]
    pause(alone, by=fleet.engineer, why="Wait for the suite.")
    pause(campaign, by=fleet.engineer, why="Outage.")
    resume(campaign, by=fleet.engineer)
    for run in runs:
        run.refresh_from_db()  # type: ignore[union-attr]
    assert [run.stage for run in runs] == ["paused", "running"]  # type: ignore[union-attr]


def test_evaluation_that_was_paused_before_it_began_begins_once_resumed(fleet: Fleet) -> None:
    from fleet.campaign.evaluate_job import evaluate_tracks

    campaign = opened(fleet)
    pause(campaign, by=fleet.engineer, why="Outage.")
    drain("evaluate_track", evaluate_tracks)
    assert not campaign.tracks.filter(run__isnull=False).exists()
    resume(campaign, by=fleet.engineer)
    tick()
    drain("evaluate_track", evaluate_tracks)
    assert campaign.tracks.filter(run__isnull=True).count() == 0


def test_watched_until_its_time_is_over_then_done(fleet: Fleet) -> None:
    track = signed(fleet, watch_hours=24)
    cut_over(track, by=fleet.engineer)
    assert fresh(track).stage == TrackStage.CUT_OVER
    tick()
    watched = fresh(track)
    assert watched.stage == TrackStage.WATCHED and watched.watch_run is not None
    assert watched.watch_run.afresh
    _over(track)
    tick()
    assert fresh(track).stage == TrackStage.WATCHED, "its run is under way"
    measure(watched.watch_run)
    tick()
    track = fresh(track)
    assert track.stage == TrackStage.DONE and track.closed_at is not None


def test_a_complaint_keeps_the_watch_open_and_tells_its_people(fleet: Fleet) -> None:
    track = signed(fleet, watch_hours=24)
    cut_over(track, by=fleet.engineer)
    tick()
    Feedback.objects.create(
        variant=track.variant, kind="complaint", words="Too curt.", by=fleet.manager,
        happened_at=timezone.now(),
    )  # fmt: skip
    measure(fresh(track).watch_run)  # type: ignore[arg-type]
    _over(track)
    tick()
    held = fresh(track)
    assert held.stage == TrackStage.WATCHED and "1 complaint" in held.held_why
    assert Notification.objects.filter(kind="track.watch_broken").exists()
    finish_watch(held, by=fleet.engineer, why="Settled on the phone.")
    assert fresh(track).stage == TrackStage.DONE


def _over(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(watch_until=timezone.now())


def test_deferred_track_begins_again_on_its_day_on_what_is_live(fleet: Fleet) -> None:
    campaign = opened(fleet)
    track = first(campaign)
    run = start_evaluation(track)
    defer(track, until=timezone.localdate() + dt.timedelta(days=9), by=fleet.engineer, why="Fair.")
    run.refresh_from_db()  # type: ignore[union-attr]
    assert run.stage == "cancelled"  # type: ignore[union-attr]
    drain("verdict_recorded", _after_verdict)
    assert fresh(track).stage == TrackStage.DEFERRED, "the cancelled run moves nobody"
    Track.objects.filter(pk=track.pk).update(deferred_until=timezone.localdate())
    tick()
    assert go(fresh(track)).stage == TrackStage.AWAITING_SIGN_OFF


def _after_verdict(item: WorkItem) -> None:
    from fleet.tasks import after_verdict

    after_verdict(item)


def test_exempt_track_frees_its_variant_and_comes_back_only_while_it_is_free(
    fleet: Fleet,
) -> None:
    campaign = opened(fleet)
    for track in campaign.tracks.all():
        exempt(track, by=fleet.engineer, why="Leaves us in March.")
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.DONE
    second = opened(fleet)
    with pytest.raises(Blocked, match="owns this variant"):
        take_in_again(first(campaign), by=fleet.engineer)
    cancel_campaign(second, by=fleet.engineer, reason="Too early.")
    take_in_again(first(campaign), by=fleet.engineer)
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.RUNNING


def test_cancelled_campaign_ends_evals_and_canaries_and_leaves_what_is_live(fleet: Fleet) -> None:
    campaign = opened(fleet)
    Campaign.objects.filter(pk=campaign.pk).update(plan=CANARY)
    tracks = list(campaign.tracks.order_by("variant_id"))
    canary = cut_over(ready(fleet, tracks[0]), by=fleet.engineer)
    run = start_evaluation(tracks[1])
    cancel_campaign(campaign, by=fleet.engineer, reason="The model stays.")
    canary.refresh_from_db()
    run.refresh_from_db()  # type: ignore[union-attr]
    assert (canary.stage, run.stage) == (Stage.ROLLED_BACK, "cancelled")  # type: ignore[union-attr]
    assert set(campaign.tracks.values_list("stage", flat=True)) == {"cancelled"}


def test_an_act_is_refused_to_who_may_not(fleet: Fleet) -> None:
    track = signed(fleet)
    for act in (
        lambda: schedule(track, at=None, by=fleet.manager),
        lambda: pause(track, by=fleet.manager, why="x"),
        lambda: defer(track, until=dt.date(2099, 1, 1), by=fleet.manager, why="x"),
        lambda: exempt(track, by=fleet.manager, why="x"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()


def test_rollback_from_a_model_that_is_gone_takes_the_newest_on_a_living_one(fleet: Fleet) -> None:
    track = signed(fleet)
    cut_over(track, by=fleet.engineer)
    gone = timezone.localdate() - dt.timedelta(days=1)
    type(fleet.old).objects.filter(pk=fleet.old.pk).update(
        retires_on=gone, retires_source="their page"
    )
    with pytest.raises(Blocked, match="was retired"):
        roll_back_track(fresh(track), by=fleet.manager, reason="A complaint.")
    assert fresh(track).stage == TrackStage.DONE, "what is live answers at least"
    on_new = fresh(track).revision
    published(fleet, track.variant, "Be brief.")
    release = roll_back_track(fresh(track), by=fleet.manager, reason="A complaint.")
    assert release.revision == on_new
