"""Pages of revoking and withdrawing: whom it touches, what is demanded, who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fleet.release.actions import revoke, withdraw
from registry.models import PolicyVersion, Revocation, User, Variant, VariantStage
from tests.builders import Fleet
from tests.release.test_invariants import published

pytestmark = pytest.mark.django_db

DEMAND = "What is live was revoked: roll forward, roll back, or withdraw."


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, name: str, *args: object) -> str:
    return signed_in(user).get(reverse(name, args=args)).content.decode()


def post(user: User, name: str, pk: object, **typed: str) -> Any:
    return signed_in(user).post(reverse(name, args=[pk]), typed, follow=True)


def test_revoking_page_names_the_live_variants_it_touches(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    text = page(fleet.policy_owner, "policy-version-revoke", version.pk)
    assert "4 live variants serve it now" in text
    for variant in fleet.variants:
        assert variant.get_absolute_url() in text


def test_revoking_by_page_leads_to_what_still_serves(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    answer = post(fleet.policy_owner, "policy-version-revoke", version.pk, why="Wrong law.")
    assert answer.redirect_chain[-1][0] == reverse("revocation-list")
    assert "Tenant 0" in answer.content.decode()
    assert Revocation.objects.get().reason == "Wrong law."


def test_revoking_twice_by_page_is_refused_in_words(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    post(fleet.policy_owner, "policy-version-revoke", version.pk, why="Wrong law.")
    answer = post(fleet.operator, "policy-version-revoke", version.pk, why="Again.")
    assert answer.status_code == 409
    assert "was revoked already" in answer.content.decode()


@pytest.mark.parametrize("role", ["prompt_engineer", "customer_success", "viewer"])
def test_revoking_is_closed_to_whoever_may_not(fleet: Fleet, role: str) -> None:
    revision = fleet.variants[0].revisions.get()
    whats = {
        "policy-version-revoke": revision.policy_version_id,
        "base-version-revoke": revision.base_version_id,
        "overlay-version-revoke": revision.overlay_version_id,
        "revision-revoke": revision.pk,
    }
    for name, pk in whats.items():
        assert post(fleet.people[role], name, pk, why="x").status_code == 403, name
        assert signed_in(fleet.people[role]).get(reverse(name, args=[pk])).status_code == 403
    assert not Revocation.objects.exists()
    assert reverse("revision-revoke", args=[revision.pk]) not in page(
        fleet.people[role], "revision-detail", revision.pk
    )


def test_variant_page_demands_an_act_while_what_is_live_is_revoked(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    release = published(fleet, variant)
    revoke(release.revision, by=fleet.policy_owner, reason="It leaks prices.")
    text = page(fleet.operator, "variant-detail", variant.pk)
    assert DEMAND in text
    assert "It leaks prices." in text
    post(fleet.operator, "variant-roll-back", variant.pk, why="Revoked.")
    assert DEMAND not in page(fleet.operator, "variant-detail", variant.pk)
    assert DEMAND not in page(fleet.operator, "variant-detail", fleet.variants[1].pk)


def test_home_page_puts_it_first_for_those_who_may_act(fleet: Fleet) -> None:
    revoke(fleet.variants[0].revisions.get(), by=fleet.policy_owner, reason="It leaks prices.")
    words = "serves what was revoked"
    assert words in page(fleet.operator, "home")
    assert words in page(fleet.manager, "home")
    assert words not in page(fleet.viewer, "home")


def test_list_of_what_serves_though_revoked_holds_own_customers_alone(fleet: Fleet) -> None:
    revoke(PolicyVersion.objects.get(), by=fleet.policy_owner, reason="Wrong law.")
    assert "Tenant 2" in page(fleet.viewer, "revocation-list")
    text = page(fleet.manager, "revocation-list")
    assert "Tenant 0" in text
    assert "Tenant 2" not in text
    assert "Platform default" not in text


def test_withdrawn_variant_says_so_with_who_and_why_and_is_let_answer_again(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    post(fleet.operator, "variant-withdraw", variant.pk, why="They left.")
    text = page(fleet.viewer, "variant-detail", variant.pk)
    assert "Withdrawn: its callers get 410." in text
    assert "They left." in text
    assert "Let it answer again" not in text
    post(fleet.operator, "variant-restore", variant.pk, why="They came back.")
    variant.refresh_from_db()
    assert variant.stage == VariantStage.ACTIVE


def test_withdrawing_without_a_reason_or_the_right_does_nothing(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    assert "Say why" in post(fleet.operator, "variant-withdraw", variant.pk).content.decode()
    assert post(fleet.engineer, "variant-withdraw", variant.pk, why="x").status_code == 403
    assert Variant.objects.get(pk=variant.pk).stage == VariantStage.ACTIVE


def test_way_back_of_a_withdrawn_variant_is_offered_only_to_who_may_revive_it(
    fleet: Fleet,
) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    withdraw(variant, by=fleet.operator, reason="They left.")
    url = reverse("variant-roll-back", args=[variant.pk])
    assert url in page(fleet.operator, "variant-detail", variant.pk)
    assert url not in page(fleet.engineer, "variant-detail", variant.pk)
