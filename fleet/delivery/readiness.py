"""Whether each part the product stands on answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from fleet.stream.health import stream_state
from registry import work
from registry.models import Heartbeat

WORKER_SILENT_AFTER = 45.0
"""Seconds: beat asks for a sign of life every 10 s; four missed ones are not chance."""

OUTBOX_LAGS_AFTER = 120.0
"""Seconds: eight turns of the reconciler (15 s) without anybody taking an item."""


def checks() -> dict[str, dict[str, Any]]:
    """Name of each part -> whether it is well, and a figure or the error in a word."""
    found = {
        "database": _check(_database),
        "redis": _check(_redis),
        "worker": _check(_worker),
        "outbox": _check(_outbox),
    }
    stream = stream_state()
    return found if stream is None else found | {"stream": stream}


def _check(probe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return probe()
    except (DatabaseError, redis.RedisError, OSError) as error:
        return {"ok": False, "error": type(error).__name__}


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def _redis() -> dict[str, Any]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    with client:
        return {"ok": bool(client.ping())}


def _worker() -> dict[str, Any]:
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None:
        return {"ok": False, "error": "no worker has been seen yet"}
    age = (timezone.now() - beat.at).total_seconds()
    return {"ok": age < WORKER_SILENT_AFTER, "seconds_ago": round(age, 1)}


def _outbox() -> dict[str, Any]:
    lag = work.lag()
    return {"ok": lag < OUTBOX_LAGS_AFTER, "lag_seconds": round(lag, 1)}
