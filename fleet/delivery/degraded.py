"""Answer from what Redis kept while PostgreSQL is away: marked as stale, or not at all."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import redis

from fleet.delivery import lastgood
from fleet.delivery.answer import Answer
from fleet.delivery.lastgood import Kept
from fleet.delivery.lookup import Key
from fleet.delivery.resolving import withdrawn
from fleet.delivery.wanted import Wanted
from fleet.release.traffic import Arm, choose

log = logging.getLogger(__name__)

ARMS = ("live", "canary")

WITHOUT_REDIS_SECONDS = 1.0
"""How long Redis is left alone after it failed: with both away the answer must be quick."""

STALE_HEADERS = [
    ("cache-control", "no-cache"), ("x-fleet-stale", "1"), ("warning", '110 - "Response is Stale"'),
]  # fmt: skip

Said = TypeVar("Said")


class Cache:
    """Redis, left alone for a while after it failed."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._asleep_until = 0.0

    def ask(self, question: Callable[[redis.Redis], Said]) -> Said | None:
        """What Redis says; None where it cannot be asked."""
        if time.monotonic() < self._asleep_until:
            return None
        self._client = self._client or lastgood.client()
        try:
            return question(self._client)
        except (redis.RedisError, OSError):
            self._asleep_until = time.monotonic() + WITHOUT_REDIS_SECONDS
            return None


cache = Cache()


def known_key(prefix: str) -> Key | None:
    """What the key could do a short while ago; None where that is not known."""
    return cache.ask(lambda server: lastgood.get_key(server, prefix))


def last_good(wanted: Wanted) -> Answer | None:
    """The last good answer to this request; None where there is none that may be served.

    What was withdrawn answers 410, also where an older text is still kept.
    """
    kept = cache.ask(lambda server: lastgood.get(server, wanted, ARMS))
    one = _of_arm(kept, wanted.session) if kept else None
    if one is None:
        return None
    if one.status != HTTPStatus.OK:
        headers = [("content-type", "application/problem+json"), *STALE_HEADERS]
        return Answer(one.status, headers, one.body)
    floors = cache.ask(lambda server: lastgood.floors(server, wanted.slug, one.places))
    return _stale(one, floors) if floors is not None else None


def _of_arm(kept: list[Kept | None], session: str) -> Kept | None:
    """The arm this session has; the live one where its own is not kept."""
    live, canary = kept
    if live is None or live.status != HTTPStatus.OK:
        return live
    told = json.loads(live.body)
    arms = [Arm(row["release_id"], row["share"], row["stage"]) for row in told["arms"]]
    chosen = choose(arms, told["salt"], session)
    matches = canary is not None and _release(canary) == chosen.release_id
    return canary if chosen.stage == "canary" and matches else live


def _release(kept: Kept) -> Any:
    return json.loads(kept.body)["release_id"] if kept.status == HTTPStatus.OK else None


def _stale(kept: Kept, floors: list[int]) -> Answer | None:
    dead = [place.lane for place, floor in zip(kept.places, floors, strict=True)
            if kept.cursor < floor]  # fmt: skip
    if kept.places[0].lane in dead:
        raise withdrawn()
    document = json.loads(kept.body)
    document["fallbacks"] = [one for one in document["fallbacks"] if one["lane"] not in dead]
    if not all(map(_is_itself, (document, *document["fallbacks"]))):
        log.error("A cached answer for %s does not have its sha256.", document.get("prompt"))
        return None
    body = json.dumps(document | {"stale": True}, ensure_ascii=False, separators=(",", ":"))
    headers = [("content-type", "application/json"), *STALE_HEADERS]
    return Answer(HTTPStatus.OK, headers, body.encode())


def _is_itself(document: Mapping[str, Any]) -> bool:
    text = str(document["text"])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() == document["sha256"]
