"""The stages in the browser: buttons for who may, dialogs that say what happens, kept input."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fleet.release.actions import put_on_staging, start_shadow
from fleet.release.models import Release, Stage
from fleet.review.actions import request_changes
from tests.builders import Fleet
from tests.release.rollouts import approved, canary, usual_canary
from tests.release.test_invariants import reviewed

pytestmark = pytest.mark.django_db


def html(client: Client, address: str) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def plan(**more: Any) -> dict[str, Any]:
    """The canary dialog's fields as a browser posts them."""
    return {"percent": ["5", "20", ""], "minutes": ["60", "120", ""], "by_time": "", **more}


def test_the_variant_page_shows_the_canarys_share_and_its_next_step(
    client: Client, fleet: Fleet
) -> None:
    canary(fleet, fleet.variants[0], by_time=True)
    client.force_login(fleet.engineer)
    page = html(client, f"/variants/{fleet.variants[0].pk}/")
    assert "Canary 5 %" in page and "Live 95 %" in page
    assert "next step (25 %) in 1 h" in page
    assert "Nothing was measured: there are no live metrics yet." in page


def test_starting_a_canary_from_the_dialog_follows_its_plan(client: Client, fleet: Fleet) -> None:
    review = approved(fleet, fleet.variants[0])
    client.force_login(fleet.engineer)
    address = f"/variants/{review.variant_id}/canary/"
    answer = client.post(
        address, plan(revision=str(review.revision_id), back="review", by_time="1", why="Try it.")
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/reviews/{review.pk}/")
    release = Release.objects.get(variant=review.variant, stage=Stage.CANARY)
    assert (release.by_time, release.reason) == (True, "Try it.")
    assert release.plan == [
        {"share": 0.05, "soak_minutes": 60}, {"share": 0.2, "soak_minutes": 120}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"percent": ["60"], "minutes": ["5"]}, "between 1 % and 50 %"),
        ({"percent": ["five"], "minutes": ["5"]}, "give its share in percent"),
        ({"percent": ["20", "10"], "minutes": ["5", "5"]}, "has to reach more sessions"),
        ({"percent": [""], "minutes": [""]}, "at least one step"),
    ],
)
def test_an_unfit_plan_opens_the_dialog_again_with_what_was_typed(
    client: Client, fleet: Fleet, typed: dict[str, Any], said: str
) -> None:
    review = approved(fleet, fleet.variants[0])
    client.force_login(fleet.engineer)
    fields = plan(revision=str(review.revision_id), why="Because.", **typed)
    answer = client.post(f"/variants/{review.variant_id}/canary/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page and "data-dialog-now" in page and "Because." in page
    assert f'value="{typed["percent"][0]}"' in page


def test_going_on_step_by_step_to_live_for_all(client: Client) -> None:
    fleet, release = usual_canary()
    client.force_login(fleet.engineer)
    client.post(f"/releases/{release.pk}/next/", {"step": "0"})
    again = client.post(f"/releases/{release.pk}/next/", {"step": "0"})
    assert again.status_code == 409 and "somebody was faster" in again.content.decode()
    answer = client.post(f"/releases/{release.pk}/promote/", {"why": "It holds."}, follow=True)
    assert "is live for all. Nothing was measured" in answer.content.decode()
    release.refresh_from_db()
    assert (release.stage, release.step) == (Stage.LIVE, 1)


def test_the_promotion_dialog_says_who_is_affected_and_that_nothing_was_measured(
    client: Client, fleet: Fleet
) -> None:
    canary(fleet, fleet.variants[0])
    client.force_login(fleet.engineer)
    page = html(client, f"/variants/{fleet.variants[0].pk}/stages/")
    assert (
        "Everybody who calls Tenant 0 gets revision 2 instead of revision 1. Nothing was measured: "
        "there are no live metrics yet. 2 other variants stay as they are."
    ) in page


def test_stopping_without_a_reason_opens_the_dialog_again(client: Client) -> None:
    fleet, release = usual_canary()
    client.force_login(fleet.manager)
    answer = client.post(f"/releases/{release.pk}/stop/", {"why": " "})
    assert answer.status_code == 422 and "reason is missing" in answer.content.decode()
    client.post(f"/releases/{release.pk}/stop/", {"why": "Refusals up."})
    release.refresh_from_db()
    assert release.stage == Stage.ROLLED_BACK


def test_an_objection_is_said_where_the_step_was_asked_for(client: Client) -> None:
    fleet, release = usual_canary()
    request_changes(release.revision.review, by=fleet.policy_owner, reason="Too curt.")
    client.force_login(fleet.engineer)
    answer = client.post(f"/releases/{release.pk}/promote/", {"why": ""})
    assert answer.status_code == 422 and "Too curt." in answer.content.decode()


def test_a_text_in_review_can_be_staged_and_shadowed_but_not_canaried(
    client: Client, fleet: Fleet
) -> None:
    review = reviewed(fleet, fleet.variants[0])
    client.force_login(fleet.engineer)
    page = html(client, f"/variants/{review.variant_id}/")
    assert "Put on staging" in page and "Start shadow" in page and "Start canary" not in page
    for noun in ("staging", "shadow"):
        named = {"revision": str(review.revision_id)}
        assert client.post(f"/variants/{review.variant_id}/{noun}/", named).status_code == 302
    stages = review.revision.releases.values_list("stage", flat=True)
    assert set(stages) == {Stage.STAGING, Stage.SHADOW}
    refused = client.post(f"/variants/{review.variant_id}/canary/", plan(**named))
    assert refused.status_code == 409


def test_a_viewer_sees_the_stages_without_a_button(client: Client) -> None:
    fleet, release = usual_canary()
    client.force_login(fleet.viewer)
    page = html(client, f"/variants/{fleet.variants[0].pk}/stages/")
    assert "Canary 5 %" in page and "Make live for all" not in page and "Stop canary" not in page
    assert client.post(f"/releases/{release.pk}/promote/").status_code == 403


def test_other_managers_stages_are_not_found(client: Client) -> None:
    fleet, release = usual_canary()
    assert release.variant.tenant is not None
    release.variant.tenant.owners.clear()
    client.force_login(fleet.manager)
    for page in ("stages/", "changelog/", "changelog.md"):
        assert client.get(f"/variants/{release.variant_id}/{page}").status_code == 404
    for verb in ("next", "promote", "stop"):
        assert client.post(f"/releases/{release.pk}/{verb}/").status_code == 404


def test_a_revision_of_another_variant_is_not_found(client: Client, fleet: Fleet) -> None:
    foreign = fleet.variants[1].revisions.get()
    client.force_login(fleet.engineer)
    for noun in ("canary", "shadow", "staging"):
        address = f"/variants/{fleet.variants[0].pk}/{noun}/"
        assert client.post(address, {"revision": str(foreign.pk)}).status_code == 404


def test_what_was_tried_out_is_taken_back_by_its_button(client: Client, fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    tried = [act(revision, by=fleet.engineer) for act in (put_on_staging, start_shadow)]
    client.force_login(fleet.engineer)
    for release in tried:
        client.post(f"/releases/{release.pk}/stop/")
        release.refresh_from_db()
        assert release.stage == Stage.SUPERSEDED
