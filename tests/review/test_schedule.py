"""Scheduled publishes: each checked alone, all of it again when the time comes."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from fleet.campaign.actions import open_campaign
from fleet.notify.models import Notification
from fleet.release.actions import publish, roll_back
from fleet.release.models import Release, Stage
from fleet.review.actions import AlreadyDecided, Blocked, request_changes
from fleet.review.actions.scheduling import (
    give_up_publishing,
    publish_due,
    publish_scheduled,
    schedule,
    unschedule,
)
from fleet.review.models import Review
from fleet.tasks import publish_at_its_time
from registry import work
from registry.actions import publish_policy
from registry.models import User, WorkItem
from registry.roles import NotAllowed
from tests.builders import RULES, Fleet, make_user
from tests.reviews import approved, asked, soon, usual_approved

pytestmark = pytest.mark.django_db


def let_pass(*reviews: Review, by: dt.timedelta = dt.timedelta(minutes=1)) -> None:
    """Their time came `by` ago."""
    for review in reviews:
        Review.objects.filter(pk=review.pk).update(publish_at=timezone.now() - by)


def work_off() -> None:
    """Ring for what is due and do it, as beat and a worker would."""
    publish_due()
    for item in WorkItem.objects.filter(kind="publish_scheduled", state="queued"):
        claimed = work.claim(item.pk)
        assert claimed is not None
        publish_at_its_time(claimed)


def test_an_approved_review_goes_live_at_its_time_and_not_before() -> None:
    fleet, review = usual_approved()
    assert schedule([review], at=soon(), by=fleet.engineer).done == [review]
    work_off()
    review.refresh_from_db()
    assert review.stage == "scheduled"
    let_pass(review)
    work_off()
    live = Release.objects.get(variant=review.variant, stage=Stage.LIVE)
    assert (live.revision, live.released_by) == (review.revision, fleet.engineer)
    review.refresh_from_db()
    assert review.stage == "published"


def test_ringing_twice_and_working_twice_publishes_once() -> None:
    fleet, review = usual_approved()
    batch = str(schedule([review], at=soon(), by=fleet.engineer).batch)
    let_pass(review)
    assert [publish_due(), publish_due()] == [1, 0]
    assert publish_scheduled(review, batch=batch) is not None
    assert publish_scheduled(review, batch=batch) is None
    assert Release.objects.filter(revision=review.revision).count() == 1


def test_what_stands_in_the_way_suspends_one_and_the_others_of_the_batch_go_on(
    fleet: Fleet,
) -> None:
    fleet.variants[2].tenant.owners.add(fleet.manager)
    fleet.manager.__dict__.pop("own_tenant_ids", None)
    reviews = [approved(fleet, variant) for variant in fleet.variants]
    batch = schedule(reviews, at=soon(), by=fleet.engineer).batch
    other = approved(fleet, fleet.variants[1], "Be warm.")
    publish(other, by=fleet.engineer)
    let_pass(*reviews)
    work_off()
    found = Review.objects.in_bulk([one.pk for one in reviews])
    assert [found[one.pk].stage for one in reviews] == ["published", "approved", "published"]
    left = found[reviews[1].pk]
    assert "went live after this was written" in left.suspended_why
    assert left.publish_at is None and batch is not None
    told = Notification.objects.filter(kind="review.suspended")
    assert {one.user for one in told} >= {fleet.manager, fleet.engineer}


def test_a_new_policy_before_its_time_is_no_go() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    publish_policy(text="Never.", rules=RULES, by=fleet.policy_owner, note="Shorter")
    let_pass(review)
    work_off()
    review.refresh_from_db()
    assert review.stage == "approved" and "policy moved on" in review.suspended_why


@pytest.mark.parametrize("gone", ["inactive", "role"])
def test_whoever_scheduled_must_still_be_there_and_allowed(fleet: Fleet, gone: str) -> None:
    engineer = make_user("prompt_engineer", "engineer-2")
    review = approved(fleet, fleet.variants[0])
    schedule([review], at=soon(), by=engineer)
    if gone == "inactive":
        User.objects.filter(pk=engineer.pk).update(is_active=False)
    else:
        engineer.groups.clear()
    let_pass(review)
    work_off()
    review.refresh_from_db()
    assert review.stage == "approved" and "You may not" in review.suspended_why


def test_what_was_missed_for_a_day_is_not_published_late() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    let_pass(review, by=dt.timedelta(hours=25))
    work_off()
    review.refresh_from_db()
    assert review.stage == "approved" and "24 hours" in review.suspended_why


def test_what_was_missed_for_an_hour_is_published() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    let_pass(review, by=dt.timedelta(hours=1))
    work_off()
    review.refresh_from_db()
    assert review.stage == "published"


@pytest.mark.parametrize(
    ("ahead", "said"), [(dt.timedelta(minutes=-1), "passed"), (dt.timedelta(days=91), "90 days")]
)
def test_a_time_that_cannot_be_is_refused(ahead: dt.timedelta, said: str) -> None:
    fleet, review = usual_approved()
    with pytest.raises(Blocked, match=said):
        schedule([review], at=timezone.now() + ahead, by=fleet.engineer)


def test_what_is_not_approved_or_not_allowed_is_left_and_says_why(fleet: Fleet) -> None:
    good, undecided = approved(fleet, fleet.variants[0]), asked(fleet.variants[1], fleet.manager)
    found = schedule([good, undecided], at=soon(), by=fleet.engineer)
    assert found.done == [good]
    ((left, why),) = found.left
    assert left == undecided and "In review" in why
    assert schedule([good], at=soon(), by=fleet.engineer).left, "it is scheduled already"
    again = approved(fleet, fleet.variants[1], "Be warm.")
    ((_, why),) = schedule([again], at=soon(), by=fleet.viewer).left
    assert "You may not" in why


def test_a_warning_has_to_be_ticked_when_scheduling(fleet: Fleet) -> None:
    first, second = (approved(fleet, fleet.variants[0], tone) for tone in ("Brief.", "Warm."))
    publish(first, by=fleet.engineer)
    ((_, why),) = schedule([second], at=soon(), by=fleet.engineer).left
    assert "went live after" in why
    assert schedule([second], at=soon(), by=fleet.engineer, acknowledged=True).done
    let_pass(second)
    work_off()
    second.refresh_from_db()
    assert second.stage == "published"


def test_taken_out_of_the_schedule_it_stays_approved() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    with pytest.raises(NotAllowed):
        unschedule(review, by=fleet.viewer)
    assert unschedule(review, by=fleet.operator).stage == "approved"
    with pytest.raises(AlreadyDecided):
        unschedule(review, by=fleet.operator)


def test_an_objection_takes_it_out_of_the_schedule() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    request_changes(review, by=make_user("prompt_engineer", "engineer-2"), reason="Too curt.")
    review.refresh_from_db()
    assert (review.stage, review.publish_at) == ("changes_requested", None)
    assert "Too curt." in review.suspended_why


def test_a_later_schedule_is_not_served_by_an_earlier_ring() -> None:
    fleet, review = usual_approved()
    old = schedule([review], at=soon(), by=fleet.engineer).batch
    unschedule(review, by=fleet.engineer)
    schedule([review], at=soon(), by=fleet.engineer)
    let_pass(review)
    assert publish_scheduled(review, batch=str(old)) is None
    work_off()
    review.refresh_from_db()
    assert review.stage == "published"


def test_it_is_not_made_live_by_hand_before_its_time() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    with pytest.raises(AlreadyDecided, match="schedule"):
        publish(review, by=fleet.engineer)


def test_what_a_migration_brings_is_not_scheduled() -> None:
    fleet, review = usual_approved()
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    campaign.tracks.filter(variant=review.variant).update(revision=review.revision)
    ((_, why),) = schedule([review], at=soon(), by=fleet.engineer).left
    assert "migration" in why


def test_a_publish_that_keeps_failing_is_suspended() -> None:
    fleet, review = usual_approved()
    batch = str(schedule([review], at=soon(), by=fleet.engineer).batch)
    let_pass(review)
    give_up_publishing(review, batch=batch)
    review.refresh_from_db()
    assert review.stage == "approved" and "given up" in review.suspended_why


def test_a_rollback_meanwhile_has_to_be_known(fleet: Fleet) -> None:
    first = approved(fleet, fleet.variants[0], "Brief.")
    publish(first, by=fleet.engineer)
    second = approved(fleet, fleet.variants[0], "Warm.")
    schedule([second], at=soon(), by=fleet.engineer)
    roll_back(fleet.variants[0], by=fleet.engineer, reason="Refusals up.")
    let_pass(second)
    work_off()
    second.refresh_from_db()
    assert second.stage == "approved" and "went live after" in second.suspended_why
