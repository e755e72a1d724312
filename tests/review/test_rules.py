"""Who has to say yes: the floor of one, rules by layer, segment, revenue and role."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.campaign.actions import approve_batch, open_campaign
from fleet.campaign.rows import rows_of
from fleet.release.actions import publish
from fleet.review.actions import (
    AlreadyDecided,
    Blocked,
    approve,
    keep_in_line,
    open_review,
    settle,
)
from fleet.review.barred import barred_from, is_barred
from fleet.review.blockers import blockers
from fleet.review.models import ApprovalRule, Layer
from fleet.review.rules import Requirement, new_layers, progress, requirements, requirements_of
from registry.actions import freeze, publish_policy
from registry.models import Tenant, User
from registry.roles import NotAllowed
from tests.builders import RULES, Fleet, make_user
from tests.campaign.going import go
from tests.reviews import answer_all, approved, asked, rule, standard_rules


@pytest.fixture(autouse=True)
def rules(fleet: Fleet) -> None:
    """What every fleet begins with."""
    standard_rules(large=2_000_000)


@pytest.fixture
def second(fleet: Fleet) -> User:
    """One more person who may approve."""
    return make_user("prompt_engineer", "engineer-2")


def test_without_any_rule_one_person_is_still_asked_for(fleet: Fleet) -> None:
    ApprovalRule.objects.all().delete()
    review = asked(fleet.variants[0], fleet.manager)
    (one,) = requirements(review.revision)
    assert (one.needed, one.role, one.missing) == (1, "", "one more person")
    with pytest.raises(AlreadyDecided, match="In review"):
        publish(review, by=fleet.engineer)


def test_an_edit_of_an_overlay_is_new_in_the_overlay_alone(fleet: Fleet) -> None:
    revision = asked(fleet.variants[0], fleet.manager).revision
    assert new_layers(revision, revision.parent) == {Layer.OVERLAY}
    assert new_layers(revision, None) == {Layer.POLICY, Layer.BASE, Layer.OVERLAY, Layer.MODEL}


def test_two_people_for_much_revenue_and_one_yes_leaves_it_open(fleet: Fleet, second: User) -> None:
    rule(needed=2, min_revenue=100_000)
    review = asked(fleet.variants[0], fleet.manager)
    approve(review, by=fleet.policy_owner)
    review.refresh_from_db()
    assert review.stage == "open"
    (still,) = [one for one in blockers(review.revision) if one.code == "approval"]
    assert still.text == "Approved by 1 of 2. Still needed: one more person."
    with pytest.raises(AlreadyDecided, match="decided on this revision before"):
        approve(review, by=fleet.policy_owner)
    approve(review, by=second)
    review.refresh_from_db()
    assert review.stage == "approved"


def test_revenue_below_the_rule_asks_for_one(fleet: Fleet) -> None:
    rule(needed=2, min_revenue=100_001)
    assert approved(fleet, fleet.variants[0]).stage == "approved"


def test_a_rule_for_a_segment_covers_no_other(fleet: Fleet) -> None:
    rule(needed=3, segment="health")
    retail, health = (asked(v, fleet.manager).revision for v in fleet.variants[:2])
    assert progress(requirements(retail)).needed == 1
    assert progress(requirements(health)).needed == 3


def test_an_inactive_rule_asks_for_nobody(fleet: Fleet) -> None:
    rule(needed=3, active=False)
    revision = asked(fleet.variants[0], fleet.manager).revision
    assert progress(requirements(revision)).needed == 1


def test_a_role_that_the_approver_does_not_hold_is_still_missing(
    fleet: Fleet, second: User
) -> None:
    rule(layer=Layer.OVERLAY, role="policy_owner")
    review = asked(fleet.variants[0], fleet.manager)
    approve(review, by=second)
    review.refresh_from_db()
    assert review.stage == "open"
    far = progress(requirements(review.revision))
    assert (far.given, far.needed, far.missing) == (1, 2, "a policy owner")
    approve(review, by=fleet.policy_owner)
    review.refresh_from_db()
    assert review.stage == "approved"


def test_a_new_policy_asks_for_a_policy_owner_who_did_not_write_it(
    fleet: Fleet, second: User
) -> None:
    publish_policy(text="Never promise.", rules=RULES, by=fleet.policy_owner, note="Shorter")
    review = asked(fleet.variants[0], fleet.manager)
    assert new_layers(review.revision, review.revision.parent) == {Layer.POLICY, Layer.OVERLAY}
    approve(review, by=second)
    with pytest.raises(NotAllowed):
        approve(review, by=fleet.policy_owner)
    approve(review, by=make_user("policy_owner", "owner-2"))
    review.refresh_from_db()
    assert review.stage == "approved"


def test_list_bars_whom_the_review_bars(fleet: Fleet, second: User) -> None:
    before = asked(fleet.variants[0], fleet.manager)
    publish_policy(text="Never promise.", rules=RULES, by=fleet.policy_owner, note="Shorter")
    typed_too = open_review(
        fleet.variants[1], {"tone": "Be brief."}, rationale="They asked.", by=fleet.manager,
        contributors=[second.pk],
    )  # fmt: skip
    reviews = [before, typed_too]
    barred = {
        user: barred_from([one.pk for one in reviews], user)
        for user in (second, fleet.policy_owner, fleet.manager, fleet.engineer)
    }
    assert barred == {
        user: {one.pk for one in reviews if is_barred(one.revision, user)} for user in barred
    }
    assert list(map(len, barred.values())) == [1, 1, 2, 0]


def test_the_platform_default_weighs_what_it_serves(fleet: Fleet) -> None:
    rule(needed=2, min_revenue=750_000)
    default = fleet.default.revisions.get()
    assert progress(requirements(default)).needed == 1
    Tenant.objects.create(slug="unserved", name="Unserved", annual_revenue=750_000)
    assert progress(requirements(default)).needed == 2


def test_whoever_asks_for_a_review_may_not_approve_it_though_another_wrote_it(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    live = variant.revisions.get()
    freeze(
        variant, by=fleet.manager, note="On the new model", target=fleet.new,
        overlay=live.overlay_version, parent=live,
    )  # fmt: skip
    review = open_review(
        variant, {"tone": "Be formal, variant 0."}, rationale="Try it.", by=fleet.engineer,
        target=fleet.new,
    )  # fmt: skip
    answer_all(review.revision.eval_runs.get())
    assert review.revision.author == fleet.manager
    with pytest.raises(NotAllowed):
        approve(review, by=fleet.engineer)


def test_a_rule_that_asks_for_more_takes_an_approval_back_and_keeps_the_yes(
    fleet: Fleet, second: User
) -> None:
    review = approved(fleet, fleet.variants[0])
    rule(needed=2)
    with pytest.raises(Blocked, match="one more person"):
        publish(review, by=fleet.engineer)
    assert keep_in_line() == 1
    review.refresh_from_db()
    assert (review.stage, review.round) == ("open", 1)
    approve(review, by=second)
    assert publish(review, by=fleet.engineer).revision == review.revision


def test_a_rule_that_asks_for_less_lets_it_through(fleet: Fleet) -> None:
    two = rule(needed=2)
    review = approved(fleet, fleet.variants[0])
    assert review.stage == "open"
    two.delete()
    assert settle(review).stage == "approved"
    assert settle(review).stage == "approved"


def test_a_batch_counts_like_single_approvals(fleet: Fleet, second: User) -> None:
    rule(layer=Layer.MODEL, needed=2)
    boss = make_user("prompt_engineer", "engineer-3")
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=boss)
    for track in campaign.tracks.all():
        go(track)
    tracks = list(campaign.tracks.select_related("campaign", "revision__variant"))
    assert len(approve_batch(tracks, by=fleet.policy_owner, reason="Fine.").done) == 3
    rows = rows_of(campaign, fleet.engineer)
    assert not any(row.approved for row in rows)
    approve_batch(tracks[:1], by=second, reason="Fine too.")
    rows = rows_of(campaign, fleet.engineer)
    assert [row.line.pk for row in rows if row.approved] == [tracks[0].pk]


def test_many_revisions_cost_as_many_queries_as_one(fleet: Fleet) -> None:
    revisions = [asked(variant, fleet.engineer).revision for variant in fleet.variants]
    counts = []
    for some in (revisions[:1], revisions):
        with CaptureQueriesContext(connection) as seen:
            requirements_of(some)
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("asked_for", "words"),
    [
        ([("", 1)], "one more person"),
        ([("", 3)], "three more people"),
        ([("policy_owner", 1), ("", 1)], "a policy owner"),
        ([("policy_owner", 1), ("", 3)], "a policy owner and two more people"),
        ([("policy_owner", 2), ("operator", 1)], "an operator and two policy owners"),
    ],
)
def test_who_is_needed_is_said_once(asked_for: list[tuple[str, int]], words: str) -> None:
    rules = [Requirement("Rule", needed, role, ()) for role, needed in asked_for]
    assert progress(rules).missing == words
