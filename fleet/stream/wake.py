"""The bell of the change feed: one Redis channel, rung after a switch, heard by every server.

A ring says only “look”. Rows always come from PostgreSQL, so a lost ring costs seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)

CHANNEL = "fleet:changes"

PING_SECONDS = 5.0
"""A subscription that has been silent that long is asked for a sign of life."""

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Wait before the next attempt to subscribe; the last one repeats."""


class Subscription:
    """Listens for rings until it is cancelled; `alive` while it does."""

    def __init__(self, heard: Callable[[], None]) -> None:
        """`heard` is called at each ring, and whenever the subscription begins or breaks."""
        self.alive = False
        self._heard = heard

    async def run(self) -> None:
        """Subscribe, listen, and subscribe again for ever."""
        failures = 0
        while True:
            try:
                await self._listen()
            except (redis.RedisError, OSError, TimeoutError) as error:
                failures = 0 if self.alive else failures
                if failures == 0:
                    log.warning("Redis is away (%s): changes are polled for.", type(error).__name__)
                self.alive = False
                self._heard()
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    async def _listen(self) -> None:
        # redis-py's stubs leave the client untyped in places.
        client = cast(Any, redis.asyncio).Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=10
        )
        pubsub = client.pubsub()
        try:
            await pubsub.subscribe(CHANNEL)
            while True:
                await self._hear_one(pubsub)
        finally:
            with suppress(Exception):
                await pubsub.aclose()
            with suppress(Exception):
                await client.aclose()

    async def _hear_one(self, pubsub: Any) -> None:
        """One message, or a ping that must be answered in time."""
        message = await pubsub.get_message(timeout=PING_SECONDS)
        if message is None:
            await pubsub.ping()
            message = await pubsub.get_message(timeout=PING_SECONDS)
            if message is None:
                raise redis.ConnectionError("no answer to a ping")
        if message["type"] == "subscribe":
            self.alive = True
        if message["type"] in ("subscribe", "message"):
            self._heard()
