"""Withdrawing a variant: 410 to its callers, and the way back from it."""

from __future__ import annotations

import pytest
from django.test import Client

from fleet.delivery.keys import create_api_key
from fleet.release.actions import CannotEnd, restore, revoke, start_canary, withdraw
from fleet.release.models import Change, Served
from fleet.review.actions import approve
from registry.models import Variant, VariantStage
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.release.test_invariants import published, reviewed

pytestmark = pytest.mark.django_db


def fetched(fleet: Fleet, variant: Variant) -> int:
    assert variant.tenant is not None
    _, secret = create_api_key(name="App", scopes=["prompts:read"], by=fleet.operator)
    headers = {"Authorization": f"Bearer {secret.bearer}"}
    url = f"/api/v1/prompts/support-triage?tenant={variant.tenant.slug}"
    return Client().get(url, headers=headers).status_code


def test_callers_of_a_withdrawn_variant_get_410_and_of_a_restored_one_an_answer(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    before = Served.objects.get(variant=variant).body
    withdraw(variant, by=fleet.operator, reason="They left.")
    assert (fetched(fleet, variant), fetched(fleet, fleet.variants[1])) == (410, 200)
    restore(variant, by=fleet.operator, reason="They came back.")
    assert fetched(fleet, variant) == 200
    assert Served.objects.get(variant=variant).body == before


def test_withdrawing_needs_a_reason_the_right_and_happens_once(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    with pytest.raises(CannotEnd, match="Say why"):
        withdraw(variant, by=fleet.operator, reason="")
    with pytest.raises(NotAllowed):
        withdraw(variant, by=fleet.engineer, reason="They left.")
    withdraw(variant, by=fleet.operator, reason="They left.")
    with pytest.raises(CannotEnd, match="withdrawn already"):
        withdraw(variant, by=fleet.operator, reason="They left.")


def test_canary_beside_ends_so_that_nothing_revives_the_variant_by_itself(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    review = reviewed(fleet, variant)
    approve(review, by=fleet.policy_owner)
    canary = start_canary(review, by=fleet.engineer, by_time=True)
    withdraw(variant, by=fleet.operator, reason="They left.")
    canary.refresh_from_db()
    assert canary.stage == "rolled_back"


def test_restoring_what_answers_is_refused(fleet: Fleet) -> None:
    with pytest.raises(CannotEnd, match="nothing to restore"):
        restore(fleet.variants[0], by=fleet.operator, reason="Back.")


def test_restoring_what_was_revoked_since_is_refused(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    release = published(fleet, variant)
    withdraw(variant, by=fleet.operator, reason="They left.")
    revoke(release.revision, by=fleet.operator, reason="It leaks prices.")
    with pytest.raises(CannotEnd, match="Roll back to an earlier one"):
        restore(variant, by=fleet.operator, reason="Back.")
    variant.refresh_from_db()
    assert variant.stage == VariantStage.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_restoring_are_changes_that_callers_hear_of() -> None:
    from tests.builders import build_fleet

    fleet = build_fleet(tenants=1)
    count = Change.objects.count()
    withdraw(fleet.variants[0], by=fleet.operator, reason="They left.")
    assert Change.objects.count() == count + 1
    restore(fleet.variants[0], by=fleet.operator, reason="Back.")
    assert Change.objects.count() == count + 2
