"""A canary goes to everybody in steps, and nothing goes on while something stands in its way."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from fleet import tasks
from fleet.campaign.actions import open_campaign
from fleet.notify.models import Notification
from fleet.release.actions import (
    next_step,
    promote,
    publish,
    revoke,
    roll_back,
    start_canary,
    start_shadow,
    stop_canary,
)
from fleet.release.actions.advancing import ADVANCE_KIND, ring_due
from fleet.release.models import Release, Served, Stage
from fleet.release.plan import Step
from fleet.review.actions import (
    AlreadyDecided,
    Blocked,
    approve,
    lift,
    request_changes,
    resume,
)
from fleet.review.models import Review, ReviewStage
from registry.models import Event, WorkItem
from registry.roles import NotAllowed
from tests.builders import Fleet, usual_fleet
from tests.release.rollouts import approved, canary, canary_body, served, soak, usual_canary
from tests.release.test_invariants import _race, reviewed

pytestmark = pytest.mark.django_db


def test_a_canary_takes_its_share_and_leaves_the_rest_on_what_is_live(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    release = canary(fleet, variant)
    row = Served.objects.get(variant=variant)
    assert (row.canary_release_id, row.canary_share) == (release.pk, 0.05)
    assert served(variant)["revision"] == 1
    body = canary_body(variant)
    assert (body["revision"], body["stage"]) == (2, "canary")
    assert [arm["share"] for arm in body["arms"]] == [0.95, 0.05] == [
        arm["share"] for arm in served(variant)["arms"]
    ]  # fmt: skip


def test_the_review_stays_approved_while_its_canary_runs() -> None:
    _, release = usual_canary()
    assert release.revision.review.stage == ReviewStage.APPROVED


def test_a_next_step_widens_the_share_under_the_same_release() -> None:
    fleet, release = usual_canary()
    wider = next_step(release, by=fleet.engineer, step=0)
    assert (wider.pk, wider.step, wider.share) == (release.pk, 1, 0.25)
    assert Served.objects.get(variant=fleet.variants[0]).canary_share == 0.25


def test_a_second_click_on_next_step_is_told_that_somebody_was_faster() -> None:
    fleet, release = usual_canary()
    next_step(release, by=fleet.engineer, step=0)
    with pytest.raises(AlreadyDecided, match="step 2 by now"):
        next_step(release, by=fleet.operator, step=0)


def test_after_the_last_step_only_live_for_all_is_left(fleet: Fleet) -> None:
    release = canary(fleet, fleet.variants[0], plan=(Step(0.1, 0),))
    with pytest.raises(Blocked, match="last step"):
        next_step(release, by=fleet.engineer, step=0)


def test_promoting_makes_the_same_release_live_and_says_that_nothing_was_measured(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    before = Release.objects.get(variant=variant, stage=Stage.LIVE)
    release = promote(canary(fleet, variant), by=fleet.engineer, reason="It sounds right.")
    before.refresh_from_db()
    assert before.stage == Stage.SUPERSEDED and release.replaces == before
    assert (release.stage, release.share) == (Stage.LIVE, 1.0)
    assert release.revision.review.stage == ReviewStage.PUBLISHED
    assert served(variant)["release_id"] == str(release.pk)
    assert served(variant)["arms"] == [
        {"release_id": str(release.pk), "share": 1.0, "stage": "live"}
    ]
    event = Event.objects.get(verb="release.promoted", subject_id=str(release.pk))
    assert event.data["judgement"].startswith("Nothing was measured")


def test_stopping_gives_every_session_back_and_asks_for_a_new_decision(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    before = served(variant)
    release = canary(fleet, variant)
    release = stop_canary(release, by=fleet.manager, reason="Refusals up.")
    assert release.stage == Stage.ROLLED_BACK and served(variant) == before
    review = release.revision.review
    assert (review.stage, review.round) == (ReviewStage.CHANGES_REQUESTED, 2)
    with pytest.raises(AlreadyDecided, match="Changes requested"):
        start_canary(review, by=fleet.engineer)


def test_a_stopped_text_goes_out_again_only_after_a_new_yes() -> None:
    fleet, release = usual_canary()
    review = stop_canary(release, by=fleet.engineer, reason="By mistake.").revision.review
    resume(review, by=fleet.manager, why="It was the network.")
    with pytest.raises(AlreadyDecided, match="In review"):
        publish(review, by=fleet.engineer)
    approve(review, by=fleet.policy_owner)
    assert start_canary(review, by=fleet.engineer).stage == Stage.CANARY


def test_stopping_needs_a_reason(fleet: Fleet) -> None:
    with pytest.raises(Blocked, match="reason is missing"):
        stop_canary(canary(fleet, fleet.variants[0]), by=fleet.engineer, reason=" ")


def test_an_unapproved_review_starts_no_canary(fleet: Fleet) -> None:
    with pytest.raises(AlreadyDecided, match="Only an approved one"):
        start_canary(reviewed(fleet, fleet.variants[0]), by=fleet.engineer)


def test_a_second_canary_of_a_variant_is_refused(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    second = approved(fleet, variant, "Be warm.")
    canary(fleet, variant)
    with pytest.raises(AlreadyDecided, match="Revision 3 runs as a canary"):
        start_canary(second, by=fleet.engineer)


def test_a_manager_starts_no_canary(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed):
        start_canary(approved(fleet, fleet.variants[0]), by=fleet.manager)


def test_an_objection_holds_every_step_until_it_is_lifted() -> None:
    fleet, release = usual_canary()
    review = Review.objects.get(revision=release.revision)
    objection = request_changes(review, by=fleet.policy_owner, reason="Too curt.")
    for act in (
        lambda: next_step(release, by=fleet.engineer, step=0),
        lambda: promote(release, by=fleet.engineer),
    ):
        with pytest.raises(Blocked, match="Too curt"):
            act()
    lift(objection, by=fleet.policy_owner)
    assert next_step(release, by=fleet.engineer, step=0).step == 1


def test_publishing_what_runs_as_a_canary_goes_on_with_that_release() -> None:
    fleet, release = usual_canary()
    assert publish(release.revision.review, by=fleet.engineer).pk == release.pk


def test_publishing_another_text_ends_the_canary_and_the_shadow(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    shadow = start_shadow(reviewed(fleet, variant, "Be odd.").revision, by=fleet.engineer)
    other = approved(fleet, variant, "Be warm.")
    running = canary(fleet, variant)
    publish(other, by=fleet.engineer)
    stages = Release.objects.filter(pk__in=[shadow.pk, running.pk]).values_list("stage", flat=True)
    assert set(stages) == {Stage.SUPERSEDED}
    assert Served.objects.get(variant=variant).canary_release is None
    assert served(variant)["shadow"] is None


def test_rolling_back_ends_the_canary_and_asks_for_a_new_decision(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    publish(approved(fleet, variant, "Be warm."), by=fleet.engineer)
    running = canary(fleet, variant)
    roll_back(variant, by=fleet.operator, reason="Refusals up.")
    running.refresh_from_db()
    assert running.stage == Stage.ROLLED_BACK
    assert Review.objects.get(revision=running.revision).stage == ReviewStage.CHANGES_REQUESTED
    assert Served.objects.get(variant=variant).canary_body == ""


def test_a_canary_leaves_what_other_variants_serve_untouched(fleet: Fleet) -> None:
    others = Served.objects.exclude(variant=fleet.variants[0])
    before = list(others.values_list("etag", "changed_at"))
    release = canary(fleet, fleet.variants[0])
    next_step(release, by=fleet.engineer, step=0)
    promote(release, by=fleet.engineer)
    assert list(others.values_list("etag", "changed_at")) == before


# --- by the clock -----------------------------------------------------------------------


def advance_all(times: int = 1) -> None:
    """The doorbell rings and a worker answers, each so many times."""
    for _ in range(times):
        ring_due()
        for item in WorkItem.objects.filter(kind=ADVANCE_KIND):
            tasks.work(item.pk)


def test_a_canary_by_time_goes_on_after_its_soak_time_and_not_before(fleet: Fleet) -> None:
    release = canary(fleet, fleet.variants[0], by_time=True)
    soak(release, minutes=59)
    advance_all()
    assert soak(release, minutes=61).step == 0
    advance_all()
    release.refresh_from_db()
    assert (release.step, release.share) == (1, 0.25)


def test_after_its_last_step_a_canary_by_time_is_live_for_all(fleet: Fleet) -> None:
    release = canary(fleet, fleet.variants[0], plan=(Step(0.1, 5),), by_time=True)
    soak(release, minutes=6)
    advance_all()
    release.refresh_from_db()
    assert release.stage == Stage.LIVE
    assert Event.objects.get(verb="release.promoted").actor is None


def test_a_canary_by_hand_never_goes_on_by_itself(fleet: Fleet) -> None:
    release = soak(canary(fleet, fleet.variants[0]), days=9)
    advance_all()
    release.refresh_from_db()
    assert (release.stage, release.step) == (Stage.CANARY, 0)


def test_five_deliveries_of_one_step_take_one_step(fleet: Fleet) -> None:
    release = canary(fleet, fleet.variants[0], plan=(Step(0.1, 0), Step(0.2, 5)), by_time=True)
    ring_due()
    (item,) = WorkItem.objects.filter(kind=ADVANCE_KIND)
    for _ in range(5):
        WorkItem.objects.filter(pk=item.pk).update(state="queued", attempts=0)
        tasks.work(item.pk)
    release.refresh_from_db()
    assert release.step == 1
    assert Event.objects.filter(verb="release.widened").count() == 1


def held(fleet: Fleet) -> Release:
    """A canary by time that is due while somebody objects."""
    release = canary(fleet, fleet.variants[0], by_time=True)
    review = Review.objects.get(revision=release.revision)
    request_changes(review, by=fleet.policy_owner, reason="Too curt.")
    return soak(release, minutes=61)


def test_a_held_canary_says_why_and_tells_people_once(fleet: Fleet) -> None:
    release = held(fleet)
    for _ in range(3):
        advance_all()
        WorkItem.objects.filter(kind=ADVANCE_KIND).update(
            finished_at=timezone.now() - dt.timedelta(minutes=2)
        )
    release.refresh_from_db()
    assert (release.step, release.stage) == (0, Stage.CANARY)
    assert "Too curt" in release.held_why
    told = Notification.objects.filter(kind="release.canary_held")
    assert {one.user for one in told} == {fleet.engineer, fleet.manager} and told.count() == 2


def test_a_canary_by_time_of_a_text_on_a_track_that_does_not_run_it_is_held_in_words(
    fleet: Fleet,
) -> None:
    release = soak(canary(fleet, fleet.variants[0], by_time=True), minutes=61)
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    on_its_way = campaign.tracks.filter(variant=release.variant)
    assert on_its_way.update(revision=release.revision) == 1, "as a fix is taken up"
    advance_all()
    release.refresh_from_db()
    assert (release.step, release.stage) == (0, Stage.CANARY)
    assert "Cut it over from its track" in release.held_why
    assert Notification.objects.filter(kind="release.canary_held").exists()


def test_a_held_canary_goes_on_once_the_way_is_clear(fleet: Fleet) -> None:
    release = held(fleet)
    advance_all()
    objection = release.revision.objections.get()
    lift(objection, by=fleet.policy_owner)
    advance_all()
    release.refresh_from_db()
    assert release.step == 0, "it is tried again a minute later, not at once"
    WorkItem.objects.filter(kind=ADVANCE_KIND).update(
        finished_at=timezone.now() - dt.timedelta(minutes=2)
    )
    advance_all()
    release.refresh_from_db()
    assert (release.step, release.held_why) == (1, "")


@pytest.mark.parametrize("kind", ["hold", "bad"])
def test_a_judgement_that_is_not_good_holds_a_canary_by_time(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from fleet.release.actions import advancing
    from fleet.release.judgement import Judgement

    monkeypatch.setattr(advancing, "judge", lambda _: Judgement(kind, "No traffic came."))  # type: ignore[arg-type]
    release = soak(canary(fleet, fleet.variants[0], by_time=True), minutes=61)
    advance_all()
    release.refresh_from_db()
    assert (release.step, release.held_why) == (0, "No traffic came.")


def test_a_canary_by_time_is_held_when_its_releaser_may_not_release_any_more(fleet: Fleet) -> None:
    release = soak(canary(fleet, fleet.variants[0], by_time=True), minutes=61)
    fleet.engineer.groups.clear()
    advance_all()
    release.refresh_from_db()
    assert release.step == 0 and "may not release any more" in release.held_why


def test_a_revoked_canary_is_stopped_by_the_clock(fleet: Fleet) -> None:
    release = soak(canary(fleet, fleet.variants[0], by_time=True), minutes=61)
    revoke(release.revision, by=fleet.policy_owner, reason="It leaks prices.")
    advance_all()
    release.refresh_from_db()
    assert release.stage == Stage.ROLLED_BACK
    assert Served.objects.get(variant=fleet.variants[0]).canary_release is None


def test_a_ticked_warning_holds_no_step_and_a_new_one_does(fleet: Fleet) -> None:
    from registry.actions import publish_base
    from tests.builders import BASE, SLOTS, VARIABLES

    def new_base(semver: str) -> None:
        publish_base(
            prompt=fleet.prompt, text=f"{BASE} {semver}", slots=SLOTS, variables=VARIABLES,
            by=fleet.engineer, note="Wording", semver=semver,
        )  # fmt: skip

    review = approved(fleet, fleet.variants[0])
    new_base("1.0.1")
    with pytest.raises(Blocked, match=r"1\.0\.1"):
        start_canary(review, by=fleet.engineer)
    release = start_canary(review, by=fleet.engineer, acknowledged=True)
    release = next_step(release, by=fleet.engineer, step=0)
    new_base("1.0.2")
    with pytest.raises(Blocked, match=r"1\.0\.2"):
        next_step(release, by=fleet.engineer, step=1)
    assert next_step(release, by=fleet.engineer, step=1, acknowledged=True).step == 2


# --- what the database itself refuses ----------------------------------------------------


def test_two_canaries_of_a_variant_are_refused_by_the_database() -> None:
    fleet, release = usual_canary()
    with pytest.raises(IntegrityError, match="one_canary_release"), transaction.atomic():
        Release.objects.create(
            variant=release.variant, revision=release.revision, stage=Stage.CANARY, share=0.1,
            released_by=fleet.engineer,
        )  # fmt: skip


def test_a_canary_body_with_another_text_is_refused_by_the_database(fleet: Fleet) -> None:
    canary(fleet, fleet.variants[0])
    row = Served.objects.filter(variant=fleet.variants[0])
    for forged in (
        {**canary_body(fleet.variants[0]), "text": "Promise refunds."},
        served(fleet.variants[1]),
    ):
        with pytest.raises(DatabaseError, match="text of its release"), transaction.atomic():
            row.update(canary_body=json.dumps(forged))


def test_a_canary_share_that_is_not_the_releases_is_refused_by_the_database(fleet: Fleet) -> None:
    canary(fleet, fleet.variants[0])
    with pytest.raises(DatabaseError, match="text of its release"), transaction.atomic():
        Served.objects.filter(variant=fleet.variants[0]).update(canary_share=0.5)


def test_a_canary_body_without_a_canary_is_refused_by_the_database(fleet: Fleet) -> None:
    body = json.dumps(served(fleet.variants[0]))
    with pytest.raises(DatabaseError, match="without a canary"), transaction.atomic():
        Served.objects.filter(variant=fleet.variants[0]).update(canary_body=body)


def test_a_canarys_stage_changes_by_no_other_way_than_move() -> None:
    _, release = usual_canary()
    with pytest.raises(DatabaseError, match="only through move"), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(stage=Stage.SUPERSEDED)


def test_a_shadow_of_another_variants_text_is_refused_by_the_database(fleet: Fleet) -> None:
    one, other = fleet.variants[:2]
    with pytest.raises(DatabaseError, match="its own variant"), transaction.atomic():
        Release.objects.create(
            variant=one, revision=other.revisions.get(), stage=Stage.SHADOW,
            released_by=fleet.engineer,
        )  # fmt: skip


# --- at once -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_taking_the_same_step_take_one() -> None:
    fleet = usual_fleet(tenants=2)
    release = canary(fleet, fleet.variants[0])
    results = _race(
        lambda: next_step(release, by=fleet.engineer, step=0),
        lambda: next_step(release, by=fleet.operator, step=0),
    )
    assert sum(isinstance(result, Release) for result in results) == 1
    assert sum(isinstance(result, AlreadyDecided) for result in results) == 1
    assert Release.objects.get(pk=release.pk).step == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_stopping_and_promoting_at_once_leave_one_outcome() -> None:
    fleet = usual_fleet(tenants=2)
    release = canary(fleet, fleet.variants[0])
    results = _race(
        lambda: promote(release, by=fleet.engineer),
        lambda: stop_canary(release, by=fleet.operator, reason="Refusals up."),
    )
    assert sum(isinstance(result, AlreadyDecided) for result in results) == 1
    live = Release.objects.get(variant=fleet.variants[0], stage=Stage.LIVE)
    row = Served.objects.get(variant=fleet.variants[0])
    assert row.sha256 == live.revision.sha256 and row.canary_release is None
    connection.close()
