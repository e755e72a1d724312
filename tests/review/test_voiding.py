"""What takes the ground from under an approval begins a new round, and people are told."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.notify.models import Notification
from fleet.release.actions import adopt, publish, revoke, roll_back
from fleet.review.actions import Blocked, approve, keep_in_line, request_changes, void_stale
from fleet.review.actions.scheduling import schedule
from fleet.review.blockers import blockers
from fleet.review.models import Review
from fleet.tasks import after_verdict, look_for_stale
from registry import work
from registry.actions import freeze, publish_policy
from registry.models import WorkItem
from tests.builders import RULES, Fleet, make_user
from tests.reviews import approved, measure, rule, soon, usual_approved, usual_asked

pytestmark = pytest.mark.django_db


def new_policy(fleet: Fleet) -> None:
    """Publish another policy."""
    publish_policy(text="Never promise.", rules=RULES, by=fleet.policy_owner, note="Shorter")


def state(review: Review) -> tuple[str, int]:
    """Stage and round in the database."""
    return Review.objects.values_list("stage", "round").get(pk=review.pk)


def test_a_new_policy_voids_an_approval_and_both_are_told() -> None:
    fleet, review = usual_approved()
    new_policy(fleet)
    assert keep_in_line() == 1
    assert state(review) == ("open", 2)
    told = Notification.objects.filter(kind="review.voided")
    assert {one.user for one in told} == {fleet.manager, fleet.policy_owner}
    assert "policy moved on" in told[0].body
    assert keep_in_line() == 0, "nothing is left to void"


def test_a_new_policy_rings_for_it_at_once() -> None:
    fleet, review = usual_approved()
    new_policy(fleet)
    item = WorkItem.objects.filter(kind="void_stale_approvals").latest("pk")
    look_for_stale(work.claim(item.pk))
    assert state(review) == ("open", 2)


def test_a_revoked_base_voids_an_approval() -> None:
    fleet, review = usual_approved()
    revoke(review.revision.overlay_version, by=fleet.operator, reason="It leaks prices.")
    void_stale(review)
    assert state(review) == ("open", 2)


def test_worse_evidence_voids_an_approval_when_its_verdict_comes() -> None:
    fleet, review = usual_approved()
    verdict = measure(review.revision, score=0.0)
    item = WorkItem.objects.get(key=f"verdict:{verdict.run_id}")
    after_verdict(work.claim(item.pk))
    assert state(review) == ("open", 2)
    with pytest.raises(Blocked):
        approve(review, by=fleet.policy_owner)


def test_the_yes_of_an_earlier_round_never_counts_again() -> None:
    fleet, review = usual_approved()
    measure(review.revision, score=0.0)
    void_stale(review)
    measure(review.revision)
    keep_in_line()
    assert state(review) == ("open", 2)
    assert "approval" in {one.code for one in blockers(review.revision)}
    approve(review, by=fleet.policy_owner)
    assert state(review) == ("approved", 2)


def test_one_yes_of_two_is_void_too(fleet: Fleet) -> None:
    rule(needed=2)
    review = approved(fleet, fleet.variants[0])
    assert review.stage == "open"
    measure(review.revision, score=0.0)
    keep_in_line()
    measure(review.revision)
    approve(review, by=make_user("prompt_engineer", "engineer-2"))
    assert state(review) == ("open", 2), "the yes on the better evidence does not count"


def test_evidence_as_good_voids_nothing() -> None:
    _, review = usual_approved()
    measure(review.revision)
    assert keep_in_line() == 0
    assert state(review) == ("approved", 1)


def test_a_variant_on_another_model_by_now_voids_an_approval(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    review = approved(fleet, variant)
    live = review.revision.parent
    moved = freeze(
        variant, by=fleet.engineer, note="Moved", target=fleet.new, overlay=live.overlay_version,
        parent=live,
    )  # fmt: skip
    adopt(moved, by=fleet.engineer, reason="It was moved by hand.")
    with pytest.raises(Blocked, match="runs on sim-borealis"):
        publish(review, by=fleet.engineer, acknowledged=True)
    keep_in_line()
    assert state(review) == ("open", 2)
    roll_back(variant, by=fleet.engineer, reason="Back.", to=live)
    approve(review, by=fleet.policy_owner)
    assert state(review) == ("approved", 2)


def test_a_scheduled_review_whose_ground_went_says_why_it_will_not_go_out() -> None:
    fleet, review = usual_approved()
    schedule([review], at=soon(), by=fleet.engineer)
    new_policy(fleet)
    keep_in_line()
    review.refresh_from_db()
    assert (review.stage, review.publish_at) == ("open", None)
    assert "policy moved on" in review.suspended_why
    assert Notification.objects.filter(kind="review.voided", user=fleet.engineer).exists()


def test_an_objected_review_starts_a_new_round_without_leaving_its_stage() -> None:
    fleet, review = usual_approved()
    request_changes(review, by=make_user("prompt_engineer", "engineer-2"), reason="Too curt.")
    new_policy(fleet)
    keep_in_line()
    assert state(review) == ("changes_requested", 2)


def test_one_review_that_fails_does_not_stop_the_others(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fleet.review.actions import voiding

    reviews = [approved(fleet, variant) for variant in fleet.variants[:2]]
    new_policy(fleet)
    real = voiding.void_stale

    def fails_once(review: Review) -> Review:
        if review.pk == reviews[0].pk:
            raise RuntimeError("Out of luck.")
        return real(review)

    monkeypatch.setattr(voiding, "void_stale", fails_once)
    assert keep_in_line() == 1
    assert [state(review)[0] for review in reviews] == ["approved", "open"]


def test_looking_at_many_that_are_in_line_costs_as_many_queries_as_one(fleet: Fleet) -> None:
    counts = []
    for variant in fleet.variants[:2]:
        approved(fleet, variant)
        with CaptureQueriesContext(connection) as seen:
            keep_in_line()
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_base_that_moved_voids_nothing(fleet: Fleet) -> None:
    from registry.actions import publish_base
    from tests.builders import BASE, SLOTS, VARIABLES

    review = approved(fleet, fleet.variants[0])
    publish_base(
        prompt=fleet.prompt, text=f"{BASE}\nBye.", slots=SLOTS, variables=VARIABLES,
        by=fleet.engineer, note="Bye", semver="1.1.0",
    )  # fmt: skip
    assert keep_in_line() == 0
    with pytest.raises(Blocked, match="base prompt moved on"):
        publish(review, by=fleet.engineer)
    assert publish(review, by=fleet.engineer, acknowledged=True)


def test_where_nobody_said_yes_no_round_begins() -> None:
    fleet, review = usual_asked()
    new_policy(fleet)
    void_stale(review)
    assert state(review) == ("open", 1), "nobody had said yes, so nothing is void"
