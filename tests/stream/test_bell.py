"""A ring after a switch: heard where Redis is, and never in anybody's way."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
import redis
from django.db import transaction
from django.test import override_settings

from fleet.stream.bell import Bell, bell, ring_after_commit
from fleet.stream.wake import CHANNEL
from tests.live import free_port


@pytest.fixture
def subscribed() -> Iterator[redis.client.PubSub]:
    """Somebody who listens."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client, client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=2)
        yield pubsub


def rings(pubsub: redis.client.PubSub, seconds: float = 2.0) -> bool:
    """Whether a ring is heard."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        message = pubsub.get_message(timeout=0.1)
        if message and message["type"] == "message":
            return True
    return False


def test_a_ring_is_heard(subscribed: redis.client.PubSub) -> None:
    one = Bell()
    one.ring()
    assert one.flush(2) and rings(subscribed)


def test_with_redis_away_a_ring_costs_its_caller_nothing() -> None:
    one = Bell()
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"):
        begun = time.perf_counter()
        for _ in range(100):
            one.ring()
        assert time.perf_counter() - begun < 0.1
        assert one.flush(5), "it gives up"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_rings_too(subscribed: redis.client.PubSub) -> None:
    one = Bell()
    one.ring()
    assert one.flush(2) and rings(subscribed)
    pid = os.fork()
    if pid == 0:
        one.ring()
        os._exit(0 if one.flush(2) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert rings(subscribed)


@pytest.mark.django_db(transaction=True)
def test_only_what_was_committed_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda: rung.append("ring"))
    with pytest.raises(RuntimeError), transaction.atomic():
        ring_after_commit()
        raise RuntimeError
    assert rung == []
    with transaction.atomic():
        ring_after_commit()
        assert rung == []
    assert rung == ["ring"]
