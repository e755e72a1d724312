"""Ring after a switch, so that every server looks for changes at once.

Rung from a thread of its own: a dead Redis neither fails nor slows a switch, and a ring that
is lost costs its callers the seconds until the next poll.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from time import sleep

import redis
from django.conf import settings
from django.db import transaction

from fleet.stream.wake import CHANNEL

log = logging.getLogger(__name__)

RETRY_SECONDS = (0.05, 0.2, 0.5)
"""Waits between the attempts of one ring; the servers poll every second while Redis is away."""

SOCKET_SECONDS = 1.0

LAST_RING_SECONDS = 0.5
"""How long the end of a process waits for a ring that is still to be sent."""


class Bell:
    """Rings the channel; rings that come while one is being sent become one."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._sent = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0
        self._client: redis.Redis | None = None

    def ring(self) -> None:
        """Ask for a ring and return at once."""
        if self._pid != os.getpid():
            self._start()
        self._sent.clear()
        self._wanted.set()

    def flush(self, seconds: float) -> bool:
        """Wait until what was asked for is sent, at most `seconds`; whether it is."""
        return self._pid != os.getpid() or self._sent.wait(seconds)

    def _start(self) -> None:
        """A thread for this process: none survives a fork."""
        with self._lock:
            if self._pid == os.getpid():
                return
            self._wanted, self._sent, self._client = threading.Event(), threading.Event(), None
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="bell", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self._send()
            if not self._wanted.is_set():
                self._sent.set()

    def _send(self) -> None:
        for wait in (*RETRY_SECONDS, None):
            try:
                self._connected().publish(CHANNEL, "1")
                return
            except (redis.RedisError, OSError) as error:
                self._client = None
                if wait is None:
                    log.warning("Nobody was rung (%s): servers will poll.", type(error).__name__)
                    return
                sleep(wait)

    def _connected(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=SOCKET_SECONDS,
                socket_connect_timeout=SOCKET_SECONDS,
            )  # fmt: skip
        return self._client


bell = Bell()
atexit.register(bell.flush, LAST_RING_SECONDS)


def ring_after_commit() -> None:
    """Ring once the transaction that changes what is served has committed."""
    transaction.on_commit(bell.ring)
