"""Objections: they block whoever wants on, until lifted by the objector or outvoted."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from fleet.campaign.actions import approve_batch, cut_over, open_campaign, record_sign_off
from fleet.notify.models import Notification
from fleet.release.actions import publish
from fleet.review.actions import (
    AlreadyDecided,
    Blocked,
    approve,
    lift,
    object_to,
    overrule,
    request_changes,
    resume,
    withdraw,
)
from fleet.review.models import Objection, Review
from registry.models import User
from registry.roles import NotAllowed
from registry.transitions import IllegalMove, move
from tests.builders import Fleet, make_user
from tests.campaign.going import SIGNED, go
from tests.reviews import approved, asked


@pytest.fixture
def second(fleet: Fleet) -> User:
    """One more person who may approve."""
    return make_user("prompt_engineer", "engineer-2")


def stage(review: Review) -> str:
    """Where the review stands in the database."""
    return Review.objects.values_list("stage", flat=True).get(pk=review.pk)


def test_an_objection_stops_an_approved_review_until_it_is_lifted(
    fleet: Fleet, second: User
) -> None:
    review = approved(fleet, fleet.variants[0])
    objection = request_changes(review, by=second, reason="Too curt.")
    assert stage(review) == "changes_requested"
    with pytest.raises(AlreadyDecided):
        publish(review, by=fleet.engineer)
    lift(objection, by=second, why="Fine after all.")
    assert stage(review) == "approved", "the earlier yes of this round still counts"
    assert publish(review, by=fleet.engineer).revision == review.revision


def test_a_lifted_objection_of_an_undecided_review_opens_it_again(
    fleet: Fleet, second: User
) -> None:
    review = asked(fleet.variants[0], fleet.manager)
    objection = request_changes(review, by=second, reason="Too curt.")
    with pytest.raises(AlreadyDecided):
        approve(review, by=fleet.policy_owner)
    lift(objection, by=second)
    assert stage(review) == "open"


def test_the_last_of_two_objections_opens_it(fleet: Fleet, second: User) -> None:
    review = asked(fleet.variants[0], fleet.manager)
    one = request_changes(review, by=second, reason="Too curt.")
    other = request_changes(review, by=fleet.engineer, reason="Too long.")
    lift(one, by=second)
    assert stage(review) == "changes_requested"
    overrule(other, by=fleet.policy_owner, reason="It is short.")
    assert stage(review) == "open"


def test_only_the_objector_lifts(fleet: Fleet, second: User) -> None:
    objection = request_changes(
        asked(fleet.variants[0], fleet.manager), by=second, reason="Too curt."
    )
    for other in (fleet.engineer, fleet.policy_owner, fleet.manager):
        with pytest.raises(NotAllowed):
            lift(objection, by=other)


def test_outvoting_is_a_policy_owners_with_a_reason(fleet: Fleet, second: User) -> None:
    objection = request_changes(
        asked(fleet.variants[0], fleet.manager), by=second, reason="Too curt."
    )
    with pytest.raises(NotAllowed):
        overrule(objection, by=fleet.engineer, reason="No.")
    with pytest.raises(Blocked, match="reason"):
        overrule(objection, by=fleet.policy_owner, reason=" ")
    overrule(objection, by=fleet.policy_owner, reason="They may be curt.")
    objection.refresh_from_db()
    assert (objection.stage, objection.ended_by) == ("outvoted", fleet.policy_owner)
    with pytest.raises(IllegalMove):
        lift(objection, by=second)


def test_an_author_neither_objects_nor_outvotes(fleet: Fleet, second: User) -> None:
    review = asked(fleet.variants[0], fleet.engineer)
    with pytest.raises(NotAllowed):
        request_changes(review, by=fleet.engineer, reason="Mine.")
    owner = make_user("policy_owner", "owner-2")
    owner.groups.add(*fleet.engineer.groups.all())
    own = asked(fleet.variants[1], User.objects.get(pk=owner.pk))
    objection = request_changes(own, by=second, reason="Too curt.")
    with pytest.raises(NotAllowed, match="wrote part"):
        overrule(objection, by=User.objects.get(pk=owner.pk), reason="I like it.")


def test_a_policy_owner_does_not_outvote_their_own_objection(fleet: Fleet) -> None:
    objection = request_changes(
        asked(fleet.variants[0], fleet.manager), by=fleet.policy_owner, reason="Too curt."
    )
    with pytest.raises(NotAllowed, match="lift it"):
        overrule(objection, by=fleet.policy_owner, reason="Fine.")


def test_nobody_objects_twice_at_once_nor_without_the_right_or_a_reason(
    fleet: Fleet, second: User
) -> None:
    review = asked(fleet.variants[0], fleet.manager)
    with pytest.raises(NotAllowed):
        request_changes(review, by=fleet.viewer, reason="No.")
    with pytest.raises(Blocked):
        request_changes(review, by=second, reason="")
    request_changes(review, by=second, reason="Too curt.")
    with pytest.raises(AlreadyDecided, match="stands"):
        request_changes(review, by=second, reason="Still.")


def test_a_review_that_is_over_takes_no_objection(fleet: Fleet, second: User) -> None:
    review = asked(fleet.variants[0], fleet.manager)
    withdraw(review, by=fleet.manager)
    with pytest.raises(AlreadyDecided):
        request_changes(review, by=second, reason="Too late.")


def test_the_author_is_told_of_an_objection(fleet: Fleet, second: User) -> None:
    review = asked(fleet.variants[0], fleet.manager)
    request_changes(review, by=second, reason="Too curt.")
    told = Notification.objects.get(kind="review.objection", user=fleet.manager)
    assert "Too curt." in told.body and told.path == review.get_absolute_url()


def test_an_objection_against_a_repin_stops_its_batch_approval_and_its_cutover(
    fleet: Fleet, second: User
) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=second)
    for track in campaign.tracks.all():
        go(track)
    tracks = list(campaign.tracks.select_related("campaign", "revision__variant"))
    objection = object_to(tracks[0].revision, by=fleet.policy_owner, reason="Wait a week.")
    outcome = approve_batch(tracks, by=fleet.engineer, reason="Fine.")
    ((left, why),) = outcome.left
    assert left == tracks[0] and "Wait a week." in why
    object_to(tracks[1].revision, by=fleet.policy_owner, reason="This too.")
    record_sign_off(tracks[1], **SIGNED, by=fleet.manager)
    with pytest.raises(Blocked, match="This too"):
        cut_over(tracks[1], by=fleet.engineer)
    lift(objection, by=fleet.policy_owner)
    assert approve_batch(tracks[:1], by=fleet.engineer, reason="Fine.").done == tracks[:1]


def test_after_a_canary_was_stopped_the_author_asks_again(fleet: Fleet, second: User) -> None:
    review = approved(fleet, fleet.variants[0])
    review = move(review, "changes_requested", by=fleet.engineer, why="Canary", round=2)
    resume(review, by=fleet.manager, why="It was the network.")
    assert stage(review) == "open"
    approve(review, by=fleet.policy_owner)
    assert stage(review) == "approved"


def test_an_objection_ends_through_move_alone(fleet: Fleet, second: User) -> None:
    objection = request_changes(
        asked(fleet.variants[0], fleet.manager), by=second, reason="Too curt."
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(stage="lifted")
