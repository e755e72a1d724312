"""Rolling back by a key: what is answered, and what is never done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from fleet.campaign.models import TrackStage
from fleet.delivery.keys import create_api_key
from fleet.delivery.models import ApiKey
from fleet.release.actions import revoke, withdraw
from fleet.release.models import Release, Served, Stage
from registry.models import Event, Tenant, Variant
from tests.builders import Fleet
from tests.campaign.test_pages import act, opened, ready, track_of
from tests.release.test_invariants import published, served_hashes

pytestmark = pytest.mark.django_db


class Caller:
    """An application with a key."""

    def __init__(self, fleet: Fleet, *scopes: str, tenant: Tenant | None = None) -> None:
        self.key, self.secret = create_api_key(
            name="Pager", scopes=scopes or ["releases:write"], tenant=tenant, by=fleet.operator
        )
        self.client = Client(raise_request_exception=False)

    def send(self, variant: object, body: object) -> Any:
        return self.client.post(
            f"/api/v1/variants/{variant}/rollback",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret.bearer}"},
        )

    def roll_back(self, variant: Variant, to: object = None, reason: str = "Refusals up.") -> Any:
        return self.send(variant.pk, {"to": to and str(to), "reason": reason})


def live(variant: Variant) -> Release:
    return Release.objects.get(variant=variant, stage=Stage.LIVE)


def assert_problem(answer: Any, status: int, words: str = "") -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document = json.loads(answer.content)
    assert document["status"] == status
    assert words in document["detail"]


def test_rollback_serves_what_was_live_before_and_says_so(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    before = served_hashes()
    answer = Caller(fleet).roll_back(variant)
    now = live(variant)
    said = answer.json()
    assert answer.status_code == 200
    assert (said["release_id"], said["revision"], said["stage"]) == (str(now.pk), 1, "live")
    assert (said["sha256"], said["variant"]) == (now.revision.sha256, variant.pk)
    assert said["at"]
    assert Served.objects.get(variant=variant).sha256 == said["sha256"]
    after = served_hashes()
    assert {pk for pk in after if after[pk] != before[pk]} == {variant.pk}


def test_release_is_named_to_go_to(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    first = live(variant)
    for tone in ("Brief.", "Warm."):
        published(fleet, variant, tone)
    assert Caller(fleet).roll_back(variant, to=first.pk).json()["revision"] == 1


def test_same_request_again_is_refused_and_goes_no_further_back(fleet: Fleet) -> None:
    variant, caller = fleet.variants[0], Caller(fleet)
    for tone in ("Brief.", "Warm."):
        published(fleet, variant, tone)
    first = variant.releases.earliest("released_at")
    assert caller.roll_back(variant).json()["revision"] == 2
    assert_problem(caller.roll_back(variant), 409, "live already")
    assert live(variant).revision.number == 2
    assert caller.roll_back(variant, reason="Still bad.").json()["revision"] == 1
    assert_problem(caller.roll_back(variant, to=first.pk), 409, "live already")


def test_nothing_to_go_back_to_is_a_conflict(fleet: Fleet) -> None:
    assert_problem(Caller(fleet).roll_back(fleet.variants[0]), 409, "Nothing was live before")


def test_revoked_release_is_a_conflict(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    first = live(variant)
    published(fleet, variant)
    revoke(first.revision, by=fleet.policy_owner, reason="It leaks prices.")
    assert_problem(Caller(fleet).roll_back(variant, to=first.pk), 409, "was revoked")


def test_withdrawn_variant_is_not_revived_by_a_key(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    withdraw(variant, by=fleet.operator, reason="They left.")
    assert_problem(Caller(fleet).roll_back(variant), 403, "was withdrawn")


def test_trail_names_the_key(fleet: Fleet) -> None:
    variant, caller = fleet.variants[0], Caller(fleet)
    published(fleet, variant)
    caller.roll_back(variant)
    event = Event.objects.filter(verb="release.rollback", variant=variant).latest("pk")
    assert event.actor is not None
    assert event.actor.pk == ApiKey.objects.get(pk=caller.key.pk).user_id
    assert "Pager" in event.actor.display_name
    assert event.why == "Refusals up."


def test_key_of_a_tenant_knows_of_no_other_variant(fleet: Fleet) -> None:
    own, other = fleet.variants[:2]
    published(fleet, own)
    published(fleet, other)
    caller = Caller(fleet, tenant=own.tenant)
    assert_problem(caller.roll_back(other), 404)
    assert_problem(caller.roll_back(fleet.default), 404)
    assert caller.roll_back(own).status_code == 200


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 40, "-1", "abc", "1.5", "%00", "²"])
def test_unknown_variant_is_not_found(fleet: Fleet, pk: str) -> None:
    answer = Caller(fleet).send(pk, {"reason": "x"})
    assert_problem(answer, 400 if pk == "%00" else 404)


def test_unknown_or_foreign_release_is_not_found(fleet: Fleet) -> None:
    caller, theirs = Caller(fleet), live(fleet.variants[1])
    for to in ("00000000-0000-0000-0000-000000000000", theirs.pk):
        assert_problem(caller.roll_back(fleet.variants[0], to=to), 404, "no release")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"reason": ""}, {"reason": "  "}, {"reason": None}, {"reason": 7}, [], 7, None,
        {"reason": "x", "to": "abc"}, {"reason": "x", "to": 7}, {"reason": "a\x00b"},
        {"reason": "\ud800"},
    ],
)  # fmt: skip
def test_unusable_body_is_refused_and_nothing_happens(fleet: Fleet, body: object) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    assert_problem(Caller(fleet).send(variant.pk, body), 422)
    assert live(variant).revision.number == 2


def test_body_that_is_no_json_is_refused(fleet: Fleet) -> None:
    for raw in (b"{", b"\xff", b"reason=x"):
        assert_problem(Caller(fleet).send(fleet.variants[0].pk, raw), 400)
    assert_problem(Caller(fleet).send(fleet.variants[0].pk, b""), 422)


def test_key_without_the_scope_is_forbidden_and_a_stranger_unauthorized(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    assert_problem(Caller(fleet, "prompts:read").roll_back(variant), 403, "releases:write")
    url = f"/api/v1/variants/{variant.pk}/rollback"
    assert_problem(Client().post(url, "{}", content_type="application/json"), 401)
    assert live(variant).revision.number == 2


def test_database_that_is_away_is_told_with_when_to_try_again(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("fleet.delivery.acting.roll_back_variant", away)
    published(fleet, fleet.variants[0])
    answer = Caller(fleet).roll_back(fleet.variants[0])
    assert_problem(answer, 503, "nothing was done")
    assert int(answer["Retry-After"]) > 0


def test_track_whose_cutover_it_undoes_goes_back_too(fleet: Fleet) -> None:
    track = ready(fleet, track_of(opened(fleet), 0))
    act(fleet.engineer, track, "cut-over")
    assert Caller(fleet).roll_back(track.variant).status_code == 200
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
