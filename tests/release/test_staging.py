"""Staging and shadow: tried out without being served."""

from __future__ import annotations

import pytest

from fleet.release.actions import (
    publish,
    put_on_staging,
    revoke,
    start_shadow,
    stop_shadow,
    take_off_staging,
)
from fleet.release.models import Release, Stage
from fleet.release.staging import shadow_answer, staged_answer
from fleet.review.actions import AlreadyDecided, Blocked
from registry.actions import freeze
from registry.models import Variant
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.release.rollouts import approved, served, usual_canary
from tests.release.test_invariants import reviewed

pytestmark = pytest.mark.django_db

SLUG = "support-triage"


def test_a_shadow_is_named_in_the_answer_and_never_served(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    before = served(variant)
    revision = reviewed(fleet, variant).revision
    release = start_shadow(revision, by=fleet.engineer)
    now = served(variant)
    assert now["text"] == before["text"] and now["arms"] == before["arms"]
    assert now["shadow"]["prompt_id"] == str(revision.pk)
    assert "text" not in now["shadow"] and now["shadow"]["sha256"] == revision.sha256
    stop_shadow(release, by=fleet.engineer)
    assert served(variant) == before


def test_the_shadows_own_answer_has_its_text(fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    start_shadow(revision, by=fleet.engineer)
    answer = shadow_answer(SLUG, "tenant-0", "en", "primary")
    assert answer is not None
    assert (answer["stage"], answer["text"]) == ("shadow", revision.text)
    assert shadow_answer(SLUG, "tenant-1", "en", "primary") is None


def test_staging_answers_before_anything_is_live(fleet: Fleet) -> None:
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=None, locale="de")
    revision = freeze(variant, by=fleet.engineer, note="x", target=fleet.old, overlay=None)
    put_on_staging(revision, by=fleet.engineer)
    answer = staged_answer(SLUG, None, "de", "primary")
    assert answer is not None
    assert (answer["stage"], answer["sha256"]) == ("staging", revision.sha256)
    assert not Release.objects.filter(variant=variant, stage=Stage.LIVE).exists()
    with pytest.raises(Blocked, match="nothing to be the shadow of"):
        start_shadow(revision, by=fleet.engineer)


def test_putting_something_else_on_staging_takes_its_place(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    first = put_on_staging(reviewed(fleet, variant).revision, by=fleet.engineer)
    second = put_on_staging(reviewed(fleet, variant, "Be warm.").revision, by=fleet.engineer)
    first.refresh_from_db()
    assert (first.stage, second.stage) == (Stage.SUPERSEDED, Stage.STAGING)
    take_off_staging(second, by=fleet.engineer)
    assert staged_answer(SLUG, "tenant-0", "en", "primary") is None
    with pytest.raises(AlreadyDecided):
        take_off_staging(second, by=fleet.engineer)


def test_a_revoked_text_is_not_tried_out(fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    revoke(revision, by=fleet.policy_owner, reason="It leaks prices.")
    for act in (start_shadow, put_on_staging):
        with pytest.raises(Blocked, match="revoked"):
            act(revision, by=fleet.engineer)


def test_a_manager_tries_nothing_out(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed):
        put_on_staging(reviewed(fleet, fleet.variants[0]).revision, by=fleet.manager)


def test_going_live_takes_a_text_off_staging_and_leaves_another_there(fleet: Fleet) -> None:
    one, other = fleet.variants[:2]
    review = approved(fleet, one)
    staged = put_on_staging(review.revision, by=fleet.engineer)
    beside = put_on_staging(reviewed(fleet, other).revision, by=fleet.engineer)
    publish(review, by=fleet.engineer)
    staged.refresh_from_db()
    beside.refresh_from_db()
    assert (staged.stage, beside.stage) == (Stage.SUPERSEDED, Stage.STAGING)


def test_going_live_ends_its_own_shadow_and_staging(fleet: Fleet) -> None:
    review = approved(fleet, fleet.variants[0])
    shadow = start_shadow(review.revision, by=fleet.engineer)
    staged = put_on_staging(review.revision, by=fleet.engineer)
    publish(review, by=fleet.engineer)
    shadow.refresh_from_db()
    staged.refresh_from_db()
    assert {shadow.stage, staged.stage} == {Stage.SUPERSEDED}


def test_what_runs_as_a_canary_is_not_tried_out_too() -> None:
    fleet, release = usual_canary()
    with pytest.raises(AlreadyDecided, match="Canary"):
        start_shadow(release.revision, by=fleet.engineer)
