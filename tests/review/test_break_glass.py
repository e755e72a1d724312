"""Past the gate: with a reason, in sight, looked at afterwards by somebody else."""

from __future__ import annotations

import json

import pytest

from fleet.campaign.actions import open_campaign
from fleet.notify.models import Notification
from fleet.release.actions import publish, revoke
from fleet.release.models import BreakGlass, Release, Served, Stage
from fleet.review.actions import AlreadyDecided, Blocked, request_changes, withdraw
from fleet.review.actions.break_glass import break_glass, review_break_glass, unreviewed
from registry.models import User
from registry.roles import NotAllowed
from registry.transitions import IllegalMove, move
from tests.builders import Fleet, make_user
from tests.reviews import asked, measure, usual_approved, usual_asked

pytestmark = pytest.mark.django_db


def test_an_unapproved_text_goes_live_and_what_stood_in_its_way_is_kept() -> None:
    fleet, review = usual_asked()
    measure(review.revision, score=0.0)
    release = break_glass(review, by=fleet.operator, reason="The old text leaks prices.")
    assert (release.kind, release.stage) == ("break_glass", Stage.LIVE)
    served = json.loads(Served.objects.get(variant=review.variant).body)
    assert served["sha256"] == review.revision.sha256
    glass = BreakGlass.objects.get(release=release)
    assert {one["code"] for one in glass.stood_in_the_way} == {"verdict", "approval"}
    review.refresh_from_db()
    assert review.stage == "published"
    assert list(unreviewed(review.variant)) == [glass]
    assert not unreviewed(fleet.variants[1]).exists()


def test_an_objection_does_not_hold_an_emergency_up() -> None:
    fleet, review = usual_asked()
    request_changes(review, by=fleet.policy_owner, reason="Too curt.")
    break_glass(review, by=fleet.engineer, reason="The old text leaks prices.")
    glass = BreakGlass.objects.get()
    assert "Too curt." in glass.stood_in_the_way[0]["text"]


def test_every_policy_owner_is_told(fleet: Fleet) -> None:
    other = make_user("policy_owner", "owner-2")
    break_glass(asked(fleet.variants[0], fleet.manager), by=fleet.operator, reason="It leaks.")
    told = Notification.objects.filter(kind="release.break_glass")
    assert {one.user for one in told} == {fleet.policy_owner, other}
    assert "It leaks." in told[0].body


@pytest.mark.parametrize("role", ["customer_success", "policy_owner", "viewer"])
def test_who_may_not_is_refused(role: str) -> None:
    fleet, review = usual_asked()
    with pytest.raises(NotAllowed):
        break_glass(review, by=fleet.people[role], reason="It leaks.")
    assert not BreakGlass.objects.exists()


def test_without_a_reason_it_stays_whole(fleet: Fleet) -> None:
    with pytest.raises(Blocked, match="reason"):
        break_glass(asked(fleet.variants[0], fleet.manager), by=fleet.operator, reason=" ")


def test_a_revoked_text_is_never_let_out() -> None:
    fleet, review = usual_asked()
    revoke(review.revision, by=fleet.operator, reason="It insults.")
    with pytest.raises(Blocked, match="revoked"):
        break_glass(review, by=fleet.operator, reason="Hurry.")


def test_a_retired_variant_stays_retired() -> None:
    fleet, review = usual_asked()
    move(review.variant, "retired", by=fleet.operator)
    with pytest.raises(Blocked, match="retired"):
        break_glass(review, by=fleet.operator, reason="Hurry.")


def test_what_a_migration_brings_waits_for_the_customer() -> None:
    fleet, review = usual_asked()
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    campaign.tracks.filter(variant=review.variant).update(revision=review.revision)
    with pytest.raises(Blocked, match="customer signs first"):
        break_glass(review, by=fleet.operator, reason="Hurry.")


def test_where_nothing_stands_in_the_way_no_glass_is_broken() -> None:
    fleet, review = usual_approved()
    with pytest.raises(Blocked, match="Nothing stands in its way"):
        break_glass(review, by=fleet.operator, reason="Hurry.")
    assert publish(review, by=fleet.operator)


def test_a_review_that_is_over_is_over() -> None:
    fleet, review = usual_asked()
    withdraw(review, by=fleet.manager)
    with pytest.raises(AlreadyDecided):
        break_glass(review, by=fleet.operator, reason="Hurry.")


def test_it_is_reviewed_once_by_a_policy_owner_who_did_not_break_it(fleet: Fleet) -> None:
    both = make_user("policy_owner", "both")
    both.groups.add(*fleet.operator.groups.all())
    both = User.objects.get(pk=both.pk)
    break_glass(asked(fleet.variants[0], fleet.manager), by=both, reason="It leaks.")
    glass = BreakGlass.objects.get()
    with pytest.raises(NotAllowed, match="somebody else"):
        review_break_glass(glass, by=both, note="Fine.")
    with pytest.raises(NotAllowed):
        review_break_glass(glass, by=fleet.engineer, note="Fine.")
    with pytest.raises(Blocked, match="note"):
        review_break_glass(glass, by=fleet.policy_owner, note="")
    review_break_glass(glass, by=fleet.policy_owner, note="It was right.")
    assert not unreviewed(glass.variant).exists()
    with pytest.raises(IllegalMove):
        review_break_glass(glass, by=fleet.policy_owner, note="Again.")


def test_no_other_variant_is_touched(fleet: Fleet) -> None:
    before = dict(Release.objects.filter(stage=Stage.LIVE).values_list("variant", "pk"))
    break_glass(asked(fleet.variants[0], fleet.manager), by=fleet.operator, reason="It leaks.")
    after = dict(Release.objects.filter(stage=Stage.LIVE).values_list("variant", "pk"))
    assert {v for v in before if before[v] != after[v]} == {fleet.variants[0].pk}
