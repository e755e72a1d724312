"""Going back: to what, how far, past no gate, and nobody else is touched."""

from __future__ import annotations

import pytest

from fleet.release.actions import (
    CannotRollBack,
    publish,
    put_on_staging,
    revoke,
    roll_back,
    start_canary,
    withdraw,
)
from fleet.release.earlier import Step, unwound
from fleet.release.goals import roll_back_goals
from fleet.release.models import Release, ReleaseKind, Served, Stage
from fleet.release.page import live_release
from fleet.review.actions import Blocked, approve
from registry.actions import publish_policy
from registry.models import Variant, VariantStage
from registry.roles import NotAllowed
from tests.builders import RULES, Fleet
from tests.release.test_invariants import published, reviewed, served_hashes

pytestmark = pytest.mark.django_db


def live_number(variant: Variant) -> int:
    return Release.objects.get(variant=variant, stage=Stage.LIVE).revision.number


def back(fleet: Fleet, variant: Variant, why: str = "Refusals up.") -> int:
    return roll_back(variant, by=fleet.operator, reason=why).revision.number


def test_going_back_twice_goes_further_back_never_forward(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant, "Brief.")
    published(fleet, variant, "Warm.")
    assert back(fleet, variant) == 2
    assert back(fleet, variant) == 1
    with pytest.raises(CannotRollBack, match="Nothing was live before"):
        back(fleet, variant)
    assert live_number(variant) == 1


def test_what_was_rolled_away_from_is_served_again_when_it_is_named(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    second = published(fleet, variant).revision
    back(fleet, variant)
    roll_back(variant, by=fleet.operator, reason="It was not that.", to=second)
    assert live_number(variant) == 2
    assert back(fleet, variant) == 1


def test_publishing_after_a_rollback_goes_back_to_what_served_not_to_what_was_left(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    published(fleet, variant, "Brief.")
    back(fleet, variant)
    published(fleet, variant, "Warm.")
    assert back(fleet, variant) == 1


def test_revoked_revision_is_passed_over_on_the_way_back(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    second = published(fleet, variant, "Brief.").revision
    published(fleet, variant, "Warm.")
    revoke(second, by=fleet.policy_owner, reason="It leaks prices.")
    assert back(fleet, variant) == 1


def test_nothing_left_that_may_serve_is_said(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    first = variant.revisions.get()
    published(fleet, variant)
    revoke(first, by=fleet.policy_owner, reason="It leaks prices.")
    with pytest.raises(CannotRollBack, match="Nothing that was live before may serve again"):
        back(fleet, variant)


def steps(*said: tuple[str, str]) -> list[Step]:
    return [Step(revision, kind) for revision, kind in said]  # type: ignore[arg-type]


PUT, BACK = ReleaseKind.PROMOTED.value, ReleaseKind.ROLLBACK.value


@pytest.mark.parametrize(
    ("story", "way"),
    [
        ([], []),
        ([("a", PUT)], []),
        ([("a", PUT), ("b", PUT), ("c", PUT)], ["b", "a"]),
        ([("a", PUT), ("b", PUT), ("a", BACK)], []),
        ([("a", PUT), ("b", PUT), ("c", PUT), ("a", BACK)], []),
        ([("a", PUT), ("b", PUT), ("a", BACK), ("c", PUT)], ["a"]),
        ([("a", PUT), ("b", PUT), ("a", BACK), ("b", BACK)], ["a"]),
        ([("a", PUT), ("b", PUT), ("a", PUT)], ["b"]),
        ([("a", PUT), ("b", PUT), ("a", PUT), ("c", PUT)], ["a", "b"]),
    ],
)
def test_way_back_is_unwound(story: list[tuple[str, str]], way: list[str]) -> None:
    assert unwound(steps(*story)) == way


def test_no_gate_stands_before_what_served_once(fleet: Fleet) -> None:
    """A newer policy, or one that would block the old text, keeps nobody from going back."""
    variant = fleet.variants[0]
    published(fleet, variant)
    publish_policy(text="Now stricter.", rules=RULES, by=fleet.policy_owner, note="Stricter")
    assert back(fleet, variant) == 1


def test_approved_revision_that_never_served_may_be_gone_to_while_its_approval_counts(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    review = reviewed(fleet, variant)
    approve(review, by=fleet.policy_owner)
    roll_back(variant, by=fleet.operator, reason="This one.", to=review.revision)
    review.refresh_from_db()
    assert (live_number(variant), review.stage) == (2, "published")


def test_approval_that_is_void_is_no_way_round_the_gate(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    review = reviewed(fleet, variant)
    approve(review, by=fleet.policy_owner)
    publish_policy(text="Now stricter.", rules=RULES, by=fleet.policy_owner, note="Stricter")
    with pytest.raises(Blocked):
        roll_back(variant, by=fleet.operator, reason="This one.", to=review.revision)
    assert live_number(variant) == 1


def test_what_never_served_takes_the_right_to_release(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    approve(review, by=fleet.policy_owner)
    with pytest.raises(NotAllowed, match="into traffic"):
        roll_back(fleet.variants[0], by=fleet.manager, reason="This one.", to=review.revision)


def test_staging_is_no_traffic_so_it_opens_no_way_back(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    review = reviewed(fleet, variant)
    approve(review, by=fleet.policy_owner)
    put_on_staging(review.revision, by=fleet.engineer)
    publish_policy(text="Now stricter.", rules=RULES, by=fleet.policy_owner, note="Stricter")
    with pytest.raises(Blocked):
        roll_back(variant, by=fleet.operator, reason="This one.", to=review.revision)
    goals = roll_back_goals(variant, live_release(variant))
    assert goals == []


def test_rolling_back_ends_the_canary_beside_and_its_share(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant, "Brief.")
    review = reviewed(fleet, variant, "Warm.")
    approve(review, by=fleet.policy_owner)
    canary = start_canary(review, by=fleet.engineer)
    assert back(fleet, variant) == 1
    canary.refresh_from_db()
    served = Served.objects.get(variant=variant)
    assert (canary.stage, served.canary_body, served.canary_share) == ("rolled_back", "", 0)


def test_rolling_back_changes_no_byte_that_others_are_served(fleet: Fleet) -> None:
    published(fleet, fleet.variants[0])
    before = served_hashes()
    bodies = dict(Served.objects.values_list("variant_id", "body"))
    back(fleet, fleet.variants[0])
    changed = {pk for pk, tag in served_hashes().items() if before[pk] != tag}
    assert changed == {fleet.variants[0].pk}
    now = dict(Served.objects.values_list("variant_id", "body"))
    assert {pk for pk in now if now[pk] != bodies[pk]} == {fleet.variants[0].pk}


def test_goals_stand_in_the_order_one_goes_back(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    for tone in ("Brief.", "Warm.", "Dry."):
        published(fleet, variant, tone)
    back(fleet, variant)
    numbers = [goal.revision.number for goal in roll_back_goals(variant, live_release(variant))]
    assert numbers == [2, 1, 4]


def test_reviving_a_withdrawn_variant_takes_the_right_to_withdraw(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    withdraw(variant, by=fleet.policy_owner, reason="They left.")
    with pytest.raises(NotAllowed, match="was withdrawn"):
        roll_back(variant, by=fleet.manager, reason="Back.")
    roll_back(variant, by=fleet.operator, reason="Back.")
    variant.refresh_from_db()
    assert variant.stage == VariantStage.ACTIVE
    assert Served.objects.get(variant=variant).gone is False


def test_publishing_to_a_withdrawn_variant_takes_the_right_to_withdraw(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    approve(review, by=fleet.policy_owner)
    withdraw(fleet.variants[0], by=fleet.operator, reason="They left.")
    with pytest.raises(NotAllowed, match="was withdrawn"):
        publish(review, by=fleet.engineer)
