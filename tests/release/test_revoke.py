"""Revoking: what it ends, what it leaves live, and what the pages then demand."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from fleet.release.actions import CannotEnd, put_on_staging, revoke, roll_back, start_canary
from fleet.release.models import Release, Served, Stage
from fleet.release.revoked import live_and_revoked, live_on
from fleet.review.actions import approve
from registry.models import BaseVersion, Event, PolicyVersion, Revocation
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.release.test_invariants import published, reviewed

pytestmark = pytest.mark.django_db


def test_each_kind_of_version_can_be_revoked_and_is_recorded(fleet: Fleet) -> None:
    revision = fleet.variants[0].revisions.get()
    whats = [
        revision, revision.overlay_version, PolicyVersion.objects.get(), BaseVersion.objects.get(),
    ]  # fmt: skip
    for what in whats:
        assert what is not None
        revoke(what, by=fleet.policy_owner, reason=" It leaks prices. ")
        told = type(what)._default_manager.get(pk=str(what.pk))
        assert told.revocation.reason == "It leaks prices."
    verbs = set(Event.objects.filter(verb__endswith=".revoked").values_list("verb", flat=True))
    assert verbs == {
        "revision.revoked", "overlayversion.revoked", "policyversion.revoked",
        "baseversion.revoked",
    }  # fmt: skip


def test_revoking_twice_is_refused_and_says_who_was_first(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    revoke(version, by=fleet.policy_owner, reason="Wrong law.")
    with pytest.raises(CannotEnd, match=r"revoked already, by .*: Wrong law"):
        revoke(version, by=fleet.operator, reason="Wrong law.")
    assert Revocation.objects.count() == 1


def test_revoking_needs_a_reason_and_the_right(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    with pytest.raises(CannotEnd, match="Say why"):
        revoke(version, by=fleet.policy_owner, reason=" ")
    with pytest.raises(NotAllowed):
        revoke(version, by=fleet.engineer, reason="Wrong law.")
    assert not Revocation.objects.exists()


def test_what_is_live_stays_live_and_is_demanded_an_act(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    before = Served.objects.get(variant=variant).etag
    revoke(variant.revisions.get(), by=fleet.policy_owner, reason="It leaks prices.")
    assert Served.objects.get(variant=variant).etag == before
    assert [row.variant_id for row in live_and_revoked(fleet.viewer)] == [variant.pk]


def test_revoked_policy_touches_every_variant_that_stands_on_it(fleet: Fleet) -> None:
    version = PolicyVersion.objects.get()
    assert live_on(version, fleet.viewer).count() == 4
    revoke(version, by=fleet.policy_owner, reason="Wrong law.")
    assert live_and_revoked(fleet.viewer).count() == 4
    assert live_and_revoked(fleet.manager).count() == 2


def test_going_back_ends_the_demand(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    release = published(fleet, variant)
    revoke(release.revision, by=fleet.policy_owner, reason="It leaks prices.")
    roll_back(variant, by=fleet.operator, reason="Revoked.")
    assert not live_and_revoked(fleet.viewer).exists()


def test_canary_and_staging_of_a_revoked_text_end_at_once(fleet: Fleet) -> None:
    variant, other = fleet.variants[:2]
    review = reviewed(fleet, variant)
    approve(review, by=fleet.policy_owner)
    canary = start_canary(review, by=fleet.engineer)
    theirs = reviewed(fleet, other)
    staged = put_on_staging(theirs.revision, by=fleet.engineer)
    revoke(review.revision, by=fleet.policy_owner, reason="It leaks prices.")
    canary.refresh_from_db()
    staged.refresh_from_db()
    review.refresh_from_db()
    served = Served.objects.get(variant=variant)
    assert (canary.stage, served.canary_body, served.gone) == (Stage.ROLLED_BACK, "", False)
    assert (staged.stage, review.stage) == (Stage.STAGING, "changes_requested")
    revoke(theirs.revision.overlay_version, by=fleet.policy_owner, reason="That too.")  # type: ignore[arg-type]
    staged.refresh_from_db()
    assert staged.stage == Stage.SUPERSEDED


def test_revoked_pin_takes_no_traffic_by_raw_sql_either(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    first = variant.revisions.get()
    live = published(fleet, variant)
    assert first.overlay_version is not None
    revoke(first.overlay_version, by=fleet.policy_owner, reason="It leaks prices.")
    with pytest.raises(DatabaseError, match="revoked"), transaction.atomic():
        Release.objects.create(
            variant=variant, revision=first, stage=Stage.CANARY, share=0.1, replaces=live,
            released_by=fleet.engineer,
        )  # fmt: skip
