"""How often something was tried within a while, counted for all processes.

Counted in Redis; while Redis is away each process counts by itself, so a limit then holds per
process, and nobody is kept out for want of Redis.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.http import HttpRequest

ANSWER_SECONDS = 0.25
"""Redis that takes longer counts as away: whoever signs in does not wait for it."""

MOST_KEPT = 10_000
"""Keys that a process remembers while Redis is away; above it all but half are forgotten."""


@dataclass(frozen=True)
class Tried:
    """How often so far (this time too), and the seconds until counting starts afresh."""

    times: int
    seconds_left: int


def count(key: str, seconds: int) -> Tried:
    """Count one try of `key`; the first one begins a while of so many seconds."""
    try:
        with _server() as server:
            pipe = server.pipeline()
            pipe.set(key, 0, ex=seconds, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, times, left = pipe.execute()
            return Tried(int(times), max(1, int(left)))
    except (redis.RedisError, OSError):
        return _HERE.count(key, seconds)


def forget(key: str) -> None:
    """Let `key` start afresh."""
    _HERE.forget(key)
    try:
        with _server() as server:
            server.delete(key)
    except (redis.RedisError, OSError):
        pass  # counted here alone, and forgotten here


def give_back(key: str) -> None:
    """Take back one try of `key` that turned out not to be one."""
    try:
        with _server() as server:
            if int(server.decr(key)) < 0:  # it had run out meanwhile: no count without an end
                server.delete(key)
    except (redis.RedisError, OSError):
        _HERE.give_back(key)


def address_of(request: HttpRequest) -> str:
    """Whence a request comes: what the proxy in front appended, else the connection's other end.

    Of an IPv6 address the network of 64 bits: a household or a server has all of it.
    """
    forwarded = "" if settings.LOCAL else request.headers.get("X-Forwarded-For", "")
    address = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        if ipaddress.ip_address(address).version == 6:
            return str(ipaddress.ip_network(f"{address}/64", strict=False))
    except ValueError:
        pass  # a socket or a proxy's own notation
    return address[:64]


def _server() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )


class _Here:
    """The counts of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, float]] = {}

    def count(self, key: str, seconds: int) -> Tried:
        now = time.monotonic()
        with self._lock:
            times, ends = self._kept.get(key, (0, 0.0))
            if ends <= now:
                times, ends = 0, now + seconds
            if len(self._kept) >= MOST_KEPT:
                self._kept = dict(list(self._kept.items())[MOST_KEPT // 2 :])
            self._kept[key] = times + 1, ends
        return Tried(times + 1, max(1, math.ceil(ends - now)))

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def give_back(self, key: str) -> None:
        with self._lock:
            if key in self._kept:
                times, ends = self._kept[key]
                self._kept[key] = max(0, times - 1), ends


_HERE = _Here()
