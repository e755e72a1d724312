"""The last good answers in Redis, for the time PostgreSQL is away.

An answer lies under the prompt and tenant it was asked for, in a field that names locale, lane,
tier and arm, for a day (as long as `stale-if-error` lets a caller keep it). It is written with
the cursor of the change feed it was read at, so a later read is never overwritten by an earlier
one, whichever process is slower. What was withdrawn has a floor: an answer read before it is
not served. After a backup of PostgreSQL is restored, Redis should be flushed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from fleet.delivery.lookup import Key, Place
from fleet.delivery.wanted import Wanted, preferences

KEEP_SECONDS = 86_400
KEY_SECONDS = 900
"""How long a key is believed without PostgreSQL. One that is revoked leaves the cache within
seconds while both servers run; revoked while Redis is away, it works for this long at most,
and only while PostgreSQL is away too."""

MOST_FIELDS = 500
"""Answers kept for one prompt and tenant: 12 locales x 3 lanes x a dozen tiers."""

ANSWER_SECONDS = 0.25
"""How long Redis may take: with PostgreSQL away, every request waits for it."""

PREFIX = "fleet:good:"

_PUT = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  if tonumber(string.match(old, '^{"cursor":(%d+)')) > tonumber(ARGV[2]) then return 0 end
elseif ARGV[4] == 'over' or redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return redis.call('EXPIRE', KEYS[1], ARGV[6])
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it is kept. `places`: the rows in it, the answering one first."""

    cursor: int
    status: int
    places: Sequence[Place]
    body: bytes


def client() -> redis.Redis:
    """Redis with short patience."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )


def field_of(wanted: Wanted, arm: str) -> str:
    """What tells the answers for one prompt and tenant apart."""
    return "\n".join((*preferences(wanted.locale)[:1], wanted.lane, wanted.task_tier[:40], arm))


def put(pipe: Any, wanted: Wanted, arm: str, kept: Kept, *, only_over: bool = False) -> None:
    """Queue an answer on a pipeline; `only_over`: where an older one lies, and not else."""
    head = {"cursor": kept.cursor, "status": kept.status, "places": kept.places}
    payload = json.dumps(head, separators=(",", ":")).encode() + b"\n" + kept.body
    pipe.eval(
        _PUT, 1, _name(wanted.slug, wanted.tenant), field_of(wanted, arm), kept.cursor, payload,
        "over" if only_over else "", MOST_FIELDS, KEEP_SECONDS,
    )  # fmt: skip


def get(server: redis.Redis, wanted: Wanted, arms: Sequence[str]) -> list[Kept | None]:
    """What is kept for each arm."""
    fields = [field_of(wanted, arm) for arm in arms]
    found: Any = server.hmget(_name(wanted.slug, wanted.tenant), fields)
    return [None if raw is None else _read(raw) for raw in found]


def _read(raw: bytes) -> Kept:
    head, _, body = raw.partition(b"\n")
    told = json.loads(head)
    places = tuple(Place(*place) for place in told["places"])
    return Kept(told["cursor"], told["status"], places, body)


def put_key(pipe: Any, prefix: str, key: Key) -> None:
    """Queue what a key may do."""
    told = [key.secret_sha256, sorted(key.scopes), key.tenant]
    pipe.set(f"{PREFIX}key:{prefix}", json.dumps(told), ex=KEY_SECONDS)


def get_key(server: redis.Redis, prefix: str) -> Key | None:
    """What a key could do a short while ago; None where that is not known."""
    found: Any = server.get(f"{PREFIX}key:{prefix}")
    if found is None:
        return None
    secret, scopes, tenant = json.loads(found)
    return Key(secret, frozenset(scopes), False, tenant)


def forget_keys(pipe: Any, prefixes: Iterable[str]) -> None:
    """Queue that keys are not believed any more."""
    names = [f"{PREFIX}key:{prefix}" for prefix in prefixes]
    if names:
        pipe.delete(*names)


def put_floors(pipe: Any, gone: Iterable[tuple[str, Place]], cursor: int) -> None:
    """Queue, for rows that are withdrawn, that answers read before `cursor` hold dead texts."""
    for slug, place in gone:
        pipe.hset(f"{PREFIX}gone:{slug}", _place_field(place), cursor)


def floors(server: redis.Redis, slug: str, places: Sequence[Place]) -> list[int]:
    """The floor of each row; 0 where it was not withdrawn."""
    if not places:
        return []
    found: Any = server.hmget(f"{PREFIX}gone:{slug}", [_place_field(one) for one in places])
    return [int(cursor or 0) for cursor in found]


def epoch(server: redis.Redis) -> bytes:
    """A token that changes when Redis loses its data."""
    server.set(f"{PREFIX}epoch", secrets.token_hex(8), nx=True)
    found: Any = server.get(f"{PREFIX}epoch")
    return bytes(found or b"")


def _place_field(place: Place) -> str:
    return "\n".join((place.tenant, place.locale, place.lane))


def _name(slug: str, tenant: str) -> str:
    return f"{PREFIX}{slug}\n{tenant}"
