"""How often an address may try links that do not exist.

A token has 256 bits, so nobody finds one; the limit spares us the work. A link that exists is
never refused for what somebody else at the same address tried.
"""

from __future__ import annotations

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

MOST = 30
SECONDS = 600
"""So many wrong links from one address in ten minutes; then it is told to wait."""

PREFIX = "fleet:signoff:guesses:"
ANSWER_SECONDS = 0.25


def too_many(request: HttpRequest) -> bool:
    """Count a wrong link; whether the address has tried too many.

    Counted in Redis for all processes, while Redis is away in each process by itself.
    """
    key = f"{PREFIX}{address_of(request)}"
    try:
        return _count(key) > MOST
    except (redis.RedisError, OSError):
        tried = cache.get(key, 0) + 1
        cache.set(key, tried, SECONDS)
        return tried > MOST


def address_of(request: HttpRequest) -> str:
    """Whence a request comes: what the proxy in front appended, else the connection's other end."""
    forwarded = "" if settings.LOCAL else request.headers.get("X-Forwarded-For", "")
    return (forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""))[:64]


def _count(key: str) -> int:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    ) as server:
        pipe = server.pipeline()
        pipe.set(key, 0, ex=SECONDS, nx=True)
        pipe.incr(key)
        return int(pipe.execute()[1])
