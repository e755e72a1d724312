"""PostgreSQL away, Redis away, both away: what callers get, and what they never get."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.test import Client

from fleet.delivery import bulk, degraded, fetch, keeping, lastgood, lookup, page
from fleet.delivery.keeping import Keeper
from fleet.delivery.keys import create_api_key, revoke_api_key
from fleet.delivery.outage import Outage
from fleet.release.actions import withdraw
from fleet.release.models import Stage
from registry.models import Tenant
from tests.builders import Fleet
from tests.delivery.lanes import URL, make_live, start

OWN = f"{URL}?tenant=tenant-0"
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


class Play:
    """One server process: its keeper, and PostgreSQL taken away and given back."""

    def __init__(self, client: Client, fleet: Fleet, patch: pytest.MonkeyPatch) -> None:
        self.client, self.fleet, self.patch = client, fleet, patch
        self.api_key, secret = create_api_key(name="t", scopes=["prompts:read"])
        self.headers = {"Authorization": f"Bearer {secret.bearer}"}
        self.keeper = Keeper()
        self.keeper.enable()
        patch.setattr(self.keeper, "_start", lambda: None)  # written when a test says so
        patch.setattr(fetch, "keeper", self.keeper)
        self.redis = lastgood.client()

    def get(self, url: str = OWN, **headers: str) -> Any:
        return self.client.get(url, headers={**self.headers, **headers})

    def write(self) -> None:
        """What the keeper's thread does."""
        self.keeper.tick(self.redis)
        while self.keeper._waiting:
            self.keeper.write(self.redis)

    def stop_postgres(self) -> None:
        def gone(*_: Any) -> Any:
            raise OperationalError("gone")

        self.patch.setattr(lookup, "execute", gone)
        self.patch.setattr(page, "execute", gone)
        self.patch.setattr(Outage, "_wait", lambda *_: None)
        outage = Outage()
        for module in (fetch, bulk):
            self.patch.setattr(module, "outage", outage)

    def stop_redis(self, settings: Any) -> None:
        settings.REDIS_URL = NOBODY_LISTENS
        self.patch.setattr(degraded, "cache", degraded.Cache())


@pytest.fixture
def play(
    client: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[Play]:
    """A play of its own in Redis: other tests leave answers of other databases there."""
    monkeypatch.setattr(lastgood, "PREFIX", f"fleet:test:{time.monotonic_ns()}:")
    monkeypatch.setattr(degraded, "cache", degraded.Cache())
    here = Play(client, fleet, monkeypatch)
    yield here
    for name in here.redis.scan_iter(f"{lastgood.PREFIX}*"):
        here.redis.delete(name)


def test_without_postgres_the_last_good_text_is_served_and_marked(play: Play) -> None:
    fresh = play.get().json()
    play.write()
    play.stop_postgres()
    stale = play.get()
    assert stale.status_code == 200
    assert stale["X-Fleet-Stale"] == "1" and stale["Warning"].startswith("110")
    assert "ETag" not in stale and stale["Cache-Control"] == "no-cache"
    assert stale.json() == fresh | {"stale": True}
    assert play.get(**{"If-None-Match": "*"}).status_code == 200


def test_what_was_never_asked_is_a_503_with_a_time_to_come_back(play: Play) -> None:
    play.get()
    play.write()
    play.stop_postgres()
    for url in (f"{URL}?tenant=tenant-1", f"{OWN}&locale=de", "/api/v1/prompts/nothing"):
        answer = play.get(url)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert answer["Content-Type"] == "application/problem+json"
    assert play.get("/api/v1/prompts").status_code == 503


def test_a_withdrawn_text_is_gone_though_an_older_answer_was_kept(play: Play) -> None:
    play.get()
    play.get(f"{OWN}&locale=de")
    play.write()
    _change_feed_runs()
    withdraw(play.fleet.variants[0], by=play.fleet.policy_owner, reason="Recall")
    _change_feed_runs()
    assert play.get().status_code == 410
    play.write()
    play.stop_postgres()
    assert play.get().status_code == 410
    assert play.get(f"{OWN}&locale=de").status_code == 410, "nobody fetched it after the recall"


def test_a_withdrawal_nobody_fetched_after_is_told_to_redis_all_the_same(play: Play) -> None:
    make_live(play.fleet, "tenant-0", lane="fallback")
    assert len(play.get().json()["fallbacks"]) == 1
    play.write()
    _change_feed_runs()
    withdraw(play.fleet.variants[0], by=play.fleet.policy_owner, reason="Recall")
    _change_feed_runs()
    play.write()
    play.stop_postgres()
    assert play.get().status_code == 410


def test_a_withdrawn_fallback_is_left_out_of_a_kept_answer(play: Play) -> None:
    behind = make_live(play.fleet, "tenant-0", lane="fallback")
    play.get()
    play.write()
    _change_feed_runs()
    withdraw(behind, by=play.fleet.policy_owner, reason="Recall")
    _change_feed_runs()
    play.write()
    play.stop_postgres()
    answer = play.get()
    assert (answer.status_code, answer.json()["fallbacks"]) == (200, [])


def test_an_answer_read_earlier_does_not_overwrite_one_read_later(play: Play) -> None:
    play.get()
    early = play.keeper._waiting[0]
    play.write()
    _change_feed_runs()
    withdraw(play.fleet.variants[0], by=play.fleet.policy_owner, reason="Recall")
    _change_feed_runs()
    play.get()
    play.write()
    play.keeper._waiting.append(early)
    play.write()
    play.stop_postgres()
    assert play.get().status_code == 410


def test_a_text_that_is_not_its_sha256_is_never_served(play: Play) -> None:
    play.get()
    play.write()
    name = lastgood._name("support-triage", "tenant-0")
    for field, raw in play.redis.hgetall(name).items():
        play.redis.hset(name, field, raw.replace(b"Be formal", b"Be rude"))
    play.stop_postgres()
    assert play.get().status_code == 503


def test_a_session_keeps_its_arm(play: Play) -> None:
    start(play.fleet, play.fleet.variants[0], Stage.CANARY, 0.5, "Be a canary.")
    sessions = [f"{OWN}&session=s{n}" for n in range(12)]
    before = {url: play.get(url).json()["release_id"] for url in sessions}
    assert len(set(before.values())) == 2
    play.write()
    play.stop_postgres()
    assert {url: play.get(url).json()["release_id"] for url in sessions} == before


def test_a_key_is_checked_without_postgres_too(play: Play) -> None:
    play.get()
    play.write()
    right = play.headers
    play.stop_postgres()
    play.headers = {"Authorization": right["Authorization"] + "x"}
    assert play.get().status_code == 401
    play.headers = {"Authorization": "Bearer pf_0123456789ab_secret"}
    assert play.get().status_code == 503, "an unknown key can be nobody's or new"
    play.headers = right
    assert play.get().status_code == 200


def test_a_revoked_key_is_believed_no_more(play: Play) -> None:
    play.get()
    play.write()
    revoke_api_key(play.api_key, by=play.fleet.operator)
    play.write()
    play.stop_postgres()
    assert play.get().status_code == 503


def test_a_tenants_key_reaches_that_tenant_only_without_postgres_too(play: Play) -> None:
    play.get(f"{URL}?tenant=tenant-1")
    tenant = Tenant.objects.get(slug="tenant-0")
    _, secret = create_api_key(name="b", scopes=["prompts:read"], tenant=tenant)
    play.headers = {"Authorization": f"Bearer {secret.bearer}"}
    play.get()
    play.write()
    play.stop_postgres()
    assert play.get().status_code == 200
    assert play.get(f"{URL}?tenant=tenant-1").status_code == 403


def test_without_redis_nothing_is_slower_and_nothing_is_lost(play: Play, settings: Any) -> None:
    play.stop_redis(settings)
    begun = time.monotonic()
    assert play.get().status_code == 200
    assert time.monotonic() - begun < 1.0
    with pytest.raises(redis.RedisError):
        play.keeper.tick(lastgood.client())


def test_without_both_the_answer_is_a_quick_503(play: Play, settings: Any) -> None:
    play.stop_redis(settings)
    play.stop_postgres()
    begun = time.monotonic()
    for _ in range(5):
        answer = play.get()
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert time.monotonic() - begun < 2.0


def test_what_was_written_is_not_written_again_until_redis_loses_it(play: Play) -> None:
    play.write()
    play.get()
    play.write()
    tag = play.get()["ETag"]
    assert not play.keeper._waiting
    for name in play.redis.scan_iter(f"{lastgood.PREFIX}*"):
        play.redis.delete(name)
    play.write()
    assert play.get(**{"If-None-Match": tag}).status_code == 304
    assert len(play.keeper._waiting) == 1, "also for a caller that only ever gets 304"


def test_a_404_takes_the_place_of_a_kept_text_and_makes_no_entry_of_its_own(play: Play) -> None:
    for tenant in ("nobody", "no-one"):
        assert play.get(f"{URL}?tenant={tenant}").status_code == 404
    play.write()
    assert not play.redis.exists(lastgood._name("support-triage", "nobody"))


def test_an_entry_holds_the_text_whose_sha256_is_approved(play: Play) -> None:
    play.get()
    play.write()
    raw = play.redis.hgetall(lastgood._name("support-triage", "tenant-0"))
    (document,) = [json.loads(value.partition(b"\n")[2]) for value in raw.values()]
    assert hashlib.sha256(document["text"].encode()).hexdigest() == document["sha256"]


def test_answers_of_a_process_that_is_no_server_are_kept_nowhere(client: Client) -> None:
    assert not keeping.Keeper().enabled
    assert keeping.Keeper().knows(None, "live", "x", "y")  # type: ignore[arg-type]


def _change_feed_runs() -> None:
    """The feed's trigger is deferred to the commit, which a test does not reach."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
