"""What a migration must survive: cancelled runs, dead work, races, ways around the customer."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from evals.actions import cancel_run
from fleet import tasks
from fleet.campaign.actions import (
    CUT_OVER_KIND,
    EVALUATE_KIND,
    approve_batch,
    cancel_campaign,
    cut_over,
    cutover,
    queue_cut_overs,
    re_evaluate,
    record_sign_off,
    roll_back_track,
    roll_back_variant,
    signing_capability,
    start_evaluation,
)
from fleet.campaign.models import CampaignStage, Track, TrackStage
from fleet.campaign.rows import make_rows
from fleet.release import actions as release_actions
from fleet.review.actions import Blocked, approve
from registry import events, work
from registry.models import ModelTarget, WorkItem
from registry.roles import NotAllowed
from registry.transitions import move
from tests.builders import Fleet, build_fleet, make_user, usual_fleet
from tests.campaign.going import SIGNED, drain, first, go, opened, ready, signed_first
from tests.evals.measured import measure
from tests.release.test_invariants import published, reviewed


@pytest.mark.django_db
def test_cancelled_run_gives_its_track_back_to_people(fleet: Fleet) -> None:
    track = first(opened(fleet))
    run = start_evaluation(track)
    assert run is not None
    cancel_run(run, by=fleet.engineer, why="Wrong suite.")
    assert drain("verdict_recorded", tasks.after_verdict) == 1
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    [row] = make_rows([track])
    assert "cancelled" in row.turn.words
    re_evaluate(track, by=fleet.engineer)


def exhausted(kind: str) -> None:
    """Let every item of a kind be taken and lost as often as it may."""
    for item in WorkItem.objects.filter(kind=kind):
        WorkItem.objects.filter(pk=item.pk).update(attempts=work.ATTEMPTS)
        tasks.work(item.pk)


@pytest.mark.django_db
def test_work_that_kills_its_worker_each_time_is_given_up(fleet: Fleet) -> None:
    track = first(opened(fleet))
    run = start_evaluation(track)
    assert run is not None
    exhausted("eval_chunk")
    run.refresh_from_db()
    assert run.verdict.kind == "inconclusive"
    drain("verdict_recorded", tasks.after_verdict)
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK


@pytest.mark.django_db
def test_evaluation_that_cannot_begin_is_shown_not_awaited(fleet: Fleet) -> None:
    track = first(opened(fleet))
    exhausted(EVALUATE_KIND)
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    re_evaluate(track, by=fleet.engineer)


@pytest.mark.django_db
def test_verdict_that_cannot_be_taken_over_is_shown_not_awaited(fleet: Fleet) -> None:
    track = first(opened(fleet))
    run = start_evaluation(track)
    assert run is not None
    measure(run)
    exhausted("verdict_recorded")
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK


@pytest.mark.django_db
def test_cutover_given_up_or_refused_can_be_asked_for_again(fleet: Fleet) -> None:
    track = signed_first(fleet)
    queue_cut_overs([track], by=fleet.engineer)
    exhausted(CUT_OVER_KIND)
    track.refresh_from_db()
    [row] = make_rows([track])
    assert "refused" in row.turn.words
    queue_cut_overs([track], by=fleet.engineer)
    assert drain(CUT_OVER_KIND, tasks.cut_over_track) == 1
    track.refresh_from_db()
    assert track.stage == TrackStage.DONE


@pytest.mark.django_db
def test_cutover_asked_twice_at_once_is_one_errand(fleet: Fleet) -> None:
    track = signed_first(fleet)
    queue_cut_overs([track], by=fleet.engineer)
    queue_cut_overs([track], by=fleet.engineer)
    assert WorkItem.objects.filter(kind=CUT_OVER_KIND).count() == 1


@pytest.mark.django_db
def test_whoever_opened_a_migration_approves_none_of_it_even_with_old_revisions(
    fleet: Fleet,
) -> None:
    cancel_campaign(opened(fleet), by=fleet.engineer, reason="Too early.")
    second = make_user("prompt_engineer", "second")
    campaign = opened(fleet, by=second)
    track = go(first(campaign))
    outcome = approve_batch([track], by=second, reason="")
    assert not outcome.done and outcome.left


@pytest.mark.django_db
def test_roll_back_is_no_way_past_the_customer(fleet: Fleet) -> None:
    track = go(first(opened(fleet)))
    approve_batch([track], by=fleet.policy_owner, reason="")
    with pytest.raises(NotAllowed):
        roll_back_variant(track.variant, by=fleet.manager, reason="x", to=track.revision)
    with pytest.raises(Blocked, match="from its track"):
        roll_back_variant(track.variant, by=fleet.engineer, reason="x", to=track.revision)


@pytest.mark.django_db
def test_roll_back_is_no_way_to_publish(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    approve(review, by=fleet.policy_owner)
    with pytest.raises(NotAllowed):
        release_actions.roll_back(
            fleet.variants[0], by=fleet.manager, reason="x", to=review.revision
        )


@pytest.mark.django_db
def test_track_of_a_cancelled_migration_never_holds_its_variant(fleet: Fleet) -> None:
    campaign = opened(fleet)
    track = ready(fleet, first(campaign))
    cut_over(track, by=fleet.engineer)
    cancel_campaign(campaign, by=fleet.engineer, reason="Enough.")
    roll_back_track(track, by=fleet.manager, reason="Tone.")
    track.refresh_from_db()
    assert (track.stage, track.closed_at is None) == (TrackStage.ROLLED_BACK, False)
    with pytest.raises(Blocked):
        re_evaluate(track, by=fleet.engineer)
    assert opened(fleet).tracks.filter(variant=track.variant).exists()


@pytest.mark.django_db
def test_track_whose_variant_another_migration_owns_stays_closed(fleet: Fleet) -> None:
    track = signed_first(fleet)
    cut_over(track, by=fleet.engineer)
    third = ModelTarget.objects.create(provider="simulator", snapshot="sim-c-2027-01-01")
    opened(fleet, source=fleet.new, target=third)
    roll_back_track(track, by=fleet.manager, reason="Tone.")
    with pytest.raises(Blocked):
        re_evaluate(track, by=fleet.engineer)


@pytest.mark.django_db
def test_rolling_back_past_a_later_release_takes_the_track_back_too(fleet: Fleet) -> None:
    track = signed_first(fleet)
    cut_over(track, by=fleet.engineer)
    published(fleet, track.variant, "Be brief on the new model.")
    roll_back_variant(track.variant, by=fleet.manager, reason="Tone.", to=track.baseline)
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK


@pytest.mark.django_db
def test_name_of_a_migration_between_two_long_models_fits(fleet: Fleet) -> None:
    for target in (fleet.old, fleet.new):
        target.snapshot = f"{target.snapshot}-{'x' * 90}"
        target.save()
    assert opened(fleet).name


@pytest.mark.django_db(transaction=True)
def test_last_two_cutovers_at_once_finish_the_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = usual_fleet(tenants=2)
    fleet.variants[1].tenant.owners.add(fleet.manager)  # type: ignore[union-attr]
    fleet.manager.__dict__.pop("own_tenant_ids", None)
    campaign = opened(fleet)
    tracks = [ready(fleet, track) for track in campaign.tracks.order_by("variant_id")]
    both, finish = threading.Barrier(2, timeout=10), cutover.finish_if_through

    def finish_together(*args: Any, **more: Any) -> None:
        both.wait()
        finish(*args, **more)
        time.sleep(0.3)

    monkeypatch.setattr(cutover, "finish_if_through", finish_together)

    def run(track: Track) -> None:
        try:
            cut_over(track, by=fleet.engineer)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[track]) for track in tracks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.DONE


@pytest.mark.django_db(transaction=True)
def test_event_about_a_variant_does_not_wait_for_its_lock() -> None:
    """Otherwise an act that holds a track and one that holds its variant wait for each other."""
    fleet = build_fleet(tenants=1)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            release_actions.lock(fleet.variants[0])
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            events.record("test.noted", fleet.variants[0], fleet.engineer)
    finally:
        done.set()
        thread.join()


def test_who_may_release_signs_for_the_default_and_for_an_orphaned_account(fleet: Fleet) -> None:
    orphan = fleet.variants[-1]  # the one tenant without an owner
    track = go(opened(fleet).tracks.get(variant=orphan))
    with pytest.raises(NotAllowed):
        record_sign_off(track, **SIGNED, by=fleet.manager)
    record_sign_off(track, **SIGNED, by=fleet.engineer)
    track.refresh_from_db()
    assert track.stage == TrackStage.SIGNED_OFF
    assert signing_capability(fleet.default) == "release"


def test_who_may_release_does_not_sign_past_an_accounts_manager(fleet: Fleet) -> None:
    track = go(first(opened(fleet)))
    with pytest.raises(NotAllowed, match="record a customer's sign-off"):
        record_sign_off(track, **SIGNED, by=fleet.engineer)


def test_a_cutover_without_a_sign_off_on_this_very_evidence_is_refused(fleet: Fleet) -> None:
    track = go(first(opened(fleet)))
    done = approve_batch([track], by=fleet.policy_owner, reason="").done
    assert done == [track]
    move(track, TrackStage.SIGNED_OFF, by=fleet.manager, why="Said so, signed nothing.")
    with pytest.raises(Blocked, match="signed something else"):
        cut_over(track, by=fleet.engineer)
