"""Rolling back a whole migration, policy or base: what is shown is what is done."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fleet.bulk.models import BulkAct
from fleet.campaign.models import Campaign, TrackStage
from fleet.release.actions import publish, revoke, roll_back
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import approve, open_review
from fleet.rollback.plan import plan_of_campaign, plan_of_layer
from registry.actions import publish_base, publish_policy
from registry.models import BaseVersion, PolicyVersion, User, Variant
from tests.builders import BASE, RULES, SLOTS, VARIABLES, Fleet, build_fleet, make_user, usual_fleet
from tests.bulk.acting import work_all
from tests.campaign.test_pages import act, opened, ready, track_of
from tests.release.test_invariants import pass_all, published
from tests.replay import again

pytestmark = pytest.mark.django_db


def live_number(variant: Variant) -> int:
    return Release.objects.get(variant=variant, stage=Stage.LIVE).revision.number


def served_bodies() -> dict[int, str]:
    return dict(Served.objects.values_list("variant_id", "body"))


def post(user: User, name: str, pk: object, **typed: str) -> Any:
    client = Client()
    client.force_login(user)
    url = reverse(name, args=[pk])
    shown = client.get(url)
    seen = {"seen": shown.context["plan"].seen} if shown.status_code == 200 else {}
    return client.post(url, {**seen, **typed})


def stricter() -> PolicyVersion:
    """A newer policy, by somebody who approves nothing here."""
    lawyer = make_user("policy_owner", "lawyer")
    return publish_policy(text="Now stricter.", rules=RULES, by=lawyer, note="Stricter")


def on_two_policies() -> tuple[Fleet, PolicyVersion]:
    """A newer policy that two of the three variants are live on."""
    fleet = build_fleet()
    version = stricter()
    for variant in fleet.variants[:2]:
        published(fleet, variant)
    return fleet, version


def with_two_moved() -> tuple[Fleet, Campaign]:
    """A migration of which two tracks are cut over."""
    fleet = build_fleet()
    campaign = opened(fleet)
    for n in range(2):
        act(fleet.engineer, ready(fleet, track_of(campaign, n)), "cut-over")
    return fleet, campaign


@pytest.fixture
def began(request: pytest.FixtureRequest, db: None) -> tuple[Fleet, Any]:
    """What the test starts from, built once a process."""
    if "moved" in request.fixturenames:
        return again(with_two_moved)
    if "second_policy" in request.fixturenames:
        return again(on_two_policies)
    return usual_fleet(), None


@pytest.fixture
def fleet(began: tuple[Fleet, Any]) -> Fleet:
    return began[0]


@pytest.fixture
def second_policy(began: tuple[Fleet, PolicyVersion]) -> PolicyVersion:
    return began[1]


@pytest.fixture
def moved(began: tuple[Fleet, Campaign]) -> Campaign:
    return began[1]


def test_whole_policy_goes_back_and_the_others_stay_byte_for_byte(
    fleet: Fleet, second_policy: PolicyVersion
) -> None:
    before = served_bodies()
    answer = post(fleet.operator, "policy-version-roll-back", second_policy.pk, why="Wrong law.")
    whole = BulkAct.objects.get()
    assert answer["Location"] == whole.get_absolute_url()
    work_all()
    whole.refresh_from_db()
    assert whole.stage == "done"
    assert [live_number(variant) for variant in fleet.variants] == [1, 1, 1]
    now = served_bodies()
    touched = {variant.pk for variant in fleet.variants[:2]}
    assert {pk for pk in now if now[pk] != before[pk]} == touched
    assert {row.said for row in whole.rows.all()} == {"Serves revision 1 again."}


def test_whole_base_goes_back_over_what_was_rolled_away_from(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant, "Brief.")
    roll_back(variant, by=fleet.operator, reason="Bad.")
    version = publish_base(
        prompt=fleet.prompt, text=BASE + "!", slots=SLOTS, variables=VARIABLES,
        by=fleet.engineer, note="Louder", semver="1.1.0",
    )  # fmt: skip
    published(fleet, variant, "Warm.")
    (line,) = plan_of_layer(version, fleet.operator).lines
    assert line.goal is not None
    assert (line.live.number, line.goal.number) == (3, 1)


def test_variant_without_another_version_stays_with_its_reason(fleet: Fleet) -> None:
    version = BaseVersion.objects.get()
    plan = plan_of_layer(version, fleet.operator)
    assert len(plan.staying) == 4
    assert plan.going == []
    answer = post(fleet.operator, "base-version-roll-back", version.pk, why="Bad.")
    assert answer.status_code == 422
    assert not BulkAct.objects.exists()


def test_revoked_goal_is_passed_over_in_the_plan(
    fleet: Fleet, second_policy: PolicyVersion
) -> None:
    first = fleet.variants[0].revisions.get(number=1)
    revoke(first, by=fleet.policy_owner, reason="It leaks prices.")
    plan = plan_of_layer(second_policy, fleet.operator)
    assert [line.variant for line in plan.staying] == [fleet.variants[0]]
    assert [line.variant for line in plan.going] == [fleet.variants[1]]


def test_variant_that_moved_on_meanwhile_is_left(
    fleet: Fleet, second_policy: PolicyVersion
) -> None:
    post(fleet.operator, "policy-version-roll-back", second_policy.pk, why="Wrong law.")
    roll_back(fleet.variants[0], by=fleet.operator, reason="By hand.")
    work_all()
    left = BulkAct.objects.get().rows.get(state="left")
    assert (left.variant, "another version" in left.said) == (fleet.variants[0], True)
    assert live_number(fleet.variants[1]) == 1


def test_fleet_that_changed_since_it_was_shown_is_shown_again(
    fleet: Fleet, second_policy: PolicyVersion
) -> None:
    client = Client()
    client.force_login(fleet.operator)
    url = reverse("policy-version-roll-back", args=[second_policy.pk])
    seen = client.get(url).context["plan"].seen
    roll_back(fleet.variants[0], by=fleet.operator, reason="By hand.")
    answer = client.post(url, {"seen": seen, "why": "Wrong law."})
    assert answer.status_code == 409
    assert "Wrong law." in answer.content.decode()
    assert not BulkAct.objects.exists()


def test_reason_is_asked_for_and_what_was_typed_stays(
    fleet: Fleet, second_policy: PolicyVersion
) -> None:
    answer = post(fleet.operator, "policy-version-roll-back", second_policy.pk, why=" ")
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()


def test_manager_rolls_back_own_customers_alone(fleet: Fleet) -> None:
    version = stricter()
    for variant in fleet.variants:
        review = open_review(
            variant, {"tone": "Be brief."}, rationale="They asked.", by=fleet.engineer
        )
        pass_all(review.revision.eval_runs.get())
        approve(review, by=fleet.policy_owner)
        publish(review, by=fleet.operator)
    post(fleet.manager, "policy-version-roll-back", version.pk, why="Wrong law.")
    work_all()
    assert [live_number(variant) for variant in fleet.variants] == [1, 1, 2]


def test_viewer_neither_looks_nor_acts(fleet: Fleet, second_policy: PolicyVersion) -> None:
    client = Client()
    client.force_login(fleet.viewer)
    url = reverse("policy-version-roll-back", args=[second_policy.pk])
    assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)


def test_whole_migration_goes_back_with_its_tracks(fleet: Fleet, moved: Campaign) -> None:
    before = served_bodies()
    post(fleet.operator, "campaign-roll-back", moved.pk, why="Tone is off.")
    work_all()
    stages = list(moved.tracks.order_by("variant_id").values_list("stage", flat=True))
    assert stages[:2] == [TrackStage.NEEDS_WORK] * 2
    assert stages[2] != TrackStage.NEEDS_WORK
    now = served_bodies()
    touched = {track_of(moved, n).variant_id for n in range(2)}
    assert {pk for pk in now if now[pk] != before[pk]} == touched


def test_plan_of_a_migration_tells_what_serves_its_old_revision_again(
    fleet: Fleet, moved: Campaign
) -> None:
    track = track_of(moved, 0)
    revoke(track.baseline, by=fleet.policy_owner, reason="It leaks prices.")
    plan = plan_of_campaign(moved, fleet.operator)
    assert [line.why for line in plan.staying] == ["Revision 1 was revoked."]
    assert len(plan.going) == 1


def test_board_offers_it_once_something_is_cut_over(fleet: Fleet, moved: Campaign) -> None:
    client = Client()
    url = reverse("campaign-roll-back", args=[moved.pk])
    client.force_login(fleet.operator)
    assert url in client.get(moved.get_absolute_url()).content.decode()
    client.force_login(fleet.viewer)
    assert url not in client.get(moved.get_absolute_url()).content.decode()
