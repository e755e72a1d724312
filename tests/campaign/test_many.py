"""One approval over many tracks: what it asks of the database, and that each is judged alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evals.suites import write_suite
from fleet.campaign.actions import approve_batch
from fleet.campaign.models import Campaign, Track
from fleet.campaign.rows import tracks_of
from fleet.review.actions import object_to
from fleet.review.models import Approval
from registry.models import Event, User
from tests.builders import Fleet, make_cases, make_user
from tests.campaign.going import go, opened
from tests.replay import Rows, record, replay

pytestmark = pytest.mark.django_db


@pytest.fixture
def tracks(fleet: Fleet) -> list[Track]:
    """Three that were measured with a go, from rows that were built once."""
    key = (fleet.prompt.pk, fleet.default.pk, fleet.engineer.pk)
    if key not in _MEASURED:
        campaign, rows = record(lambda: _measured(fleet))
        _MEASURED[key] = campaign.pk, rows
    pk, rows = _MEASURED[key]
    replay(rows)
    return list(tracks_of(fleet.policy_owner).filter(campaign=pk).order_by("variant_id"))


_MEASURED: dict[tuple[int, ...], tuple[UUID, Rows]] = {}
"""Campaign and rows, by the fleet they refer to."""


def _measured(fleet: Fleet) -> Campaign:
    campaign = opened(fleet)
    for track in campaign.tracks.all():
        go(track)
    return campaign


@pytest.fixture
def second(fleet: Fleet) -> User:
    return make_user("policy_owner", "second")


def approving(tracks: Sequence[Track], by: User) -> list[str]:
    """The statements of one decision, of which no track is left."""
    with CaptureQueriesContext(connection) as said:
        assert not approve_batch(tracks, by=by, reason="Fine.").left
    return [query["sql"] for query in said]


def test_one_decision_over_many_asks_no_more_than_over_one(
    fleet: Fleet, second: User, tracks: list[Track]
) -> None:
    approving(tracks[:1], fleet.policy_owner)
    one = approving(tracks[:1], second)
    assert len(approving(tracks[1:], fleet.policy_owner)) <= len(one) <= 50
    assert Approval.objects.values("batch").distinct().count() == 3


def test_the_variants_are_locked_together_and_in_order_before_anything_is_judged(
    fleet: Fleet, tracks: list[Track]
) -> None:
    said = approving(tracks, fleet.policy_owner)
    locks = [n for n, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql]
    judged = next(n for n, sql in enumerate(said) if 'FROM "fleet_approval"' in sql)
    assert len(locks) == 1 and locks[0] < judged
    assert 'FROM "registry_variant"' in said[locks[0]] and "ORDER BY" in said[locks[0]]


def test_each_of_a_decision_is_judged_alone(
    fleet: Fleet, second: User, tracks: list[Track]
) -> None:
    decided, objected, free = tracks
    approve_batch([decided], by=fleet.policy_owner, reason="Fine.")
    object_to(objected.revision, by=second, reason="Too cold.")
    outcome = approve_batch(tracks, by=fleet.policy_owner, reason="All of them.")
    assert outcome.done == [free]
    left = dict(outcome.left)
    assert left[decided] == "You have decided on this revision before."
    assert "objects: Too cold." in left[objected]
    assert Approval.objects.filter(by=fleet.policy_owner).count() == 2


def test_a_decision_stands_on_the_timeline_of_every_variant(
    fleet: Fleet, tracks: list[Track]
) -> None:
    approve_batch(tracks, by=fleet.policy_owner, reason="Fine.")
    told = Event.objects.filter(verb="approval.approve", actor=fleet.policy_owner, why="Fine.")
    assert set(told.values_list("variant", flat=True)) == {one.variant_id for one in tracks}
    given = Approval.objects.get(revision=tracks[0].revision)
    assert (given.verdict, given.run_id) == ("go", tracks[0].run_id)
    assert (given.sha256, given.pins) == (tracks[0].revision.sha256, tracks[0].revision.pins)


def test_evidence_that_went_stale_for_one_customer_keeps_that_one_back(
    fleet: Fleet, tracks: list[Track]
) -> None:
    write_suite(
        prompt=fleet.prompt, tenant=fleet.variants[1].tenant, cases=make_cases(2, prefix="own"),
        by=fleet.engineer,
    )  # fmt: skip
    outcome = approve_batch(tracks, by=fleet.policy_owner, reason="Fine.")
    assert [track.variant for track, _ in outcome.left] == [fleet.variants[1]]
    assert "The suites changed" in outcome.left[0][1]
