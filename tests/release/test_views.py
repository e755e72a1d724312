"""Rolling back in the browser: one click, one reason, one variant."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from evals.models import RunStage, Verdict
from fleet.campaign.actions import (
    approve_batch,
    cut_over,
    open_campaign,
    record_sign_off,
    settle,
    start_evaluation,
)
from fleet.campaign.models import TrackStage
from fleet.release.actions import adopt
from fleet.release.models import Served
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Revision
from registry.transitions import move
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(fleet: Fleet) -> Revision:
    """A second revision of the first variant, live."""
    variant = fleet.variants[0]
    overlay = freeze_overlay(
        overlay_for(variant), {"tone": "Be brief."}, by=fleet.engineer, note="Brief"
    )
    revision = freeze(variant, by=fleet.engineer, note="Brief", target=fleet.old, overlay=overlay)
    adopt(revision, by=fleet.engineer, reason="It serves already.")
    return revision


def served(variant_id: int) -> str:
    """The hash of what callers of a variant get."""
    return Served.objects.get(variant_id=variant_id).sha256


def test_rolling_back_serves_the_earlier_text_and_leaves_the_others(
    client: Client, fleet: Fleet, second: Revision
) -> None:
    before = {v.pk: served(v.pk) for v in fleet.variants[1:]}
    client.force_login(fleet.manager)
    variant = fleet.variants[0]
    answer = client.post(f"/variants/{variant.pk}/roll-back/", {"why": "Refusals up."}, follow=True)
    first = variant.revisions.get(number=1)
    assert served(variant.pk) == hashlib.sha256(first.text.encode()).hexdigest()
    assert {v.pk: served(v.pk) for v in fleet.variants[1:]} == before
    page = answer.content.decode()
    assert "serves revision 1 again" in page
    assert "rolled back from revision 2 to 1." in page
    assert "Refusals up." in page


def test_rolling_back_without_a_reason_opens_the_dialog_again(
    client: Client, fleet: Fleet, second: Revision
) -> None:
    variant = fleet.variants[0]
    first = variant.revisions.get(number=1)
    client.force_login(fleet.manager)
    said = {"to": str(first.pk), "why": "  "}
    answer = client.post(f"/variants/{variant.pk}/roll-back/", said)
    assert answer.status_code == 409
    assert "data-dialog-now" in answer.content.decode()
    assert served(variant.pk) == second.sha256


def test_the_dialog_says_what_will_happen(client: Client, fleet: Fleet, second: Revision) -> None:
    client.force_login(fleet.manager)
    page = client.get(f"/variants/{fleet.variants[0].pk}/").content.decode()
    words = "Roll back Tenant 0 from revision 2 to 1. 2 other variants stay as they are."
    assert words in page


def test_a_revision_never_approved_is_not_offered(client: Client, fleet: Fleet) -> None:
    variant = fleet.variants[0]
    overlay = freeze_overlay(
        overlay_for(variant), {"tone": "Be wild."}, by=fleet.engineer, note="Wild"
    )
    never = freeze(variant, by=fleet.engineer, note="Wild", target=fleet.old, overlay=overlay)
    client.force_login(fleet.engineer)
    assert str(never.pk) not in client.get(f"/variants/{variant.pk}/releases/").content.decode()
    answer = client.post(f"/variants/{variant.pk}/roll-back/", {"to": str(never.pk), "why": "x"})
    assert answer.status_code == 409
    assert "was never approved" in answer.content.decode()


def test_a_viewer_sees_the_releases_without_a_way_back(
    client: Client, fleet: Fleet, second: Revision
) -> None:
    variant = fleet.variants[0]
    client.force_login(fleet.viewer)
    page = client.get(f"/variants/{variant.pk}/releases/").content.decode()
    assert "Roll back" not in page
    answer = client.post(f"/variants/{variant.pk}/roll-back/", {"why": "Because."})
    assert answer.status_code == 403
    assert served(variant.pk) == second.sha256


def test_other_managers_customers_are_not_found(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.manager)
    foreign = fleet.variants[2].pk
    assert client.get(f"/variants/{foreign}/releases/").status_code == 404
    assert client.post(f"/variants/{foreign}/roll-back/", {"why": "x"}).status_code == 404


def test_rolling_back_does_not_follow_a_get(client: Client, fleet: Fleet, second: Revision) -> None:
    client.force_login(fleet.engineer)
    assert client.get(f"/variants/{fleet.variants[0].pk}/roll-back/").status_code == 405


def test_rolling_back_after_a_cutover_takes_the_track_back_too(
    client: Client, fleet: Fleet
) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    track = campaign.tracks.get(variant=fleet.variants[0])
    run = start_evaluation(track)
    assert run is not None
    Verdict.objects.create(run=run, kind="go", headline="Nothing broke.")
    move(run, RunStage.DONE, by=None)
    settle(run)
    track.refresh_from_db()
    approve_batch([track], by=fleet.policy_owner, reason="Nothing broke.")
    record_sign_off(
        track, decision="approved", contact_name="Kim", reference="Mail", by=fleet.manager
    )
    cut_over(track, by=fleet.engineer)
    client.force_login(fleet.engineer)
    client.post(f"/variants/{track.variant_id}/roll-back/", {"why": "Refusals up."})
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    assert Served.objects.get(variant=track.variant_id).release.revision == track.baseline
