"""Write answers through to Redis, in a thread of its own: no fetch ever waits for Redis.

A fetch only looks into a table of what this process has written already. Every few seconds the
thread also tells Redis what was withdrawn and which keys were revoked, and finds out whether
Redis lost its data meanwhile. It runs in server processes alone (`fleet.wsgi` starts it).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass

import redis
from django.db import DatabaseError, connection

from fleet.delivery import lastgood
from fleet.delivery.lastgood import Kept
from fleet.delivery.lookup import Key, Place
from fleet.delivery.wanted import Wanted

log = logging.getLogger(__name__)

TICK_SECONDS = 2.0
"""How soon Redis hears of a withdrawal or a revoked key that no fetch came across."""

REWRITE_SECONDS = 300.0
"""An answer or key that still comes is written again: well before a key is forgotten (900 s)."""

MOST_KNOWN = 100_000
MOST_WAITING = 2_000
"""Answers waiting to be written, some kilobytes each; more are left for their next fetch."""

BATCH = 50


@dataclass(frozen=True, slots=True)
class Noted:
    """Something to write: an answer, and the key it was given to."""

    wanted: Wanted
    arm: str
    tag: str
    kept: Kept
    prefix: str
    key: Key


class Keeper:
    """One a process."""

    def __init__(self) -> None:
        self.enabled = False
        self._pid = 0
        self._known: dict[object, tuple[str, float]] = {}
        self._waiting: deque[Noted] = deque(maxlen=MOST_WAITING)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._epoch = b""

    def enable(self) -> None:
        """From now on this process keeps what it answers."""
        self.enabled = True

    def knows(self, wanted: Wanted, arm: str, tag: str, prefix: str) -> bool:
        """Whether this answer was noted a short while ago (or nothing is kept here)."""
        if not self.enabled:
            return True
        known = self._known.get((wanted.slug, wanted.tenant, wanted.locale, wanted.lane,
                                 wanted.task_tier, arm, prefix))  # fmt: skip
        return known is not None and known[0] == tag and known[1] > time.monotonic()

    def note(self, noted: Noted) -> None:
        """Have an answer written soon."""
        if not self.enabled:
            return
        if self._pid != os.getpid():
            self._start()
        wanted = noted.wanted
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        sign = (wanted.slug, wanted.tenant, wanted.locale, wanted.lane, wanted.task_tier,
                noted.arm, noted.prefix)  # fmt: skip
        self._known[sign] = (noted.tag, time.monotonic() + REWRITE_SECONDS)
        self._waiting.append(noted)
        self._wake.set()

    def _start(self) -> None:
        """A thread for this process: none survives a fork."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._wake = threading.Event()
                threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def _run(self) -> None:
        server, due = lastgood.client(), 0.0
        while True:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + TICK_SECONDS
                    self.tick(server)
                while self._waiting:
                    self.write(server)
            except (redis.RedisError, OSError, DatabaseError) as error:
                log.warning("Last good answers are not kept: %s.", type(error).__name__)
                self._lose()
                connection.close()
                time.sleep(TICK_SECONDS)

    def write(self, server: redis.Redis) -> None:
        """Write one batch of what waits."""
        pipe = server.pipeline(transaction=False)
        for _ in range(min(BATCH, len(self._waiting))):
            noted = self._waiting.popleft()
            over = noted.kept.status == 404
            lastgood.put(pipe, noted.wanted, noted.arm, noted.kept, only_over=over)
            lastgood.put_key(pipe, noted.prefix, noted.key)
        pipe.execute()

    def tick(self, server: redis.Redis) -> None:
        """Tell Redis of withdrawals and revoked keys; notice that it lost its data."""
        epoch = lastgood.epoch(server)
        if epoch != self._epoch:
            self._lose()
            self._epoch = epoch
        pipe = server.pipeline(transaction=False)
        self._seen = _tell_gone(pipe, self._seen)
        lastgood.forget_keys(pipe, _revoked())
        pipe.execute()

    def _lose(self) -> None:
        """Nothing written so far can be relied on: write it all again as it is asked for."""
        self._known.clear()
        self._seen = None


GONE_SINCE = """
SELECT DISTINCT s.prompt_slug, s.tenant_slug, s.locale, s.lane
FROM fleet_change c JOIN fleet_served s USING (prompt_slug, tenant_slug, locale, lane)
WHERE c.cursor > %s AND c.cursor <= %s AND s.gone
"""
GONE_AT_ALL = "SELECT prompt_slug, tenant_slug, locale, lane FROM fleet_served WHERE gone"
REVOKED = "SELECT prefix FROM fleet_apikey WHERE revoked_at > now() - interval '%s seconds'"


def _tell_gone(pipe: redis.client.Pipeline, seen: int | None) -> int:
    """Write the floors of what was withdrawn since `seen` (None: ever); the newest cursor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(cursor), 0) FROM fleet_change")
        newest = int(cursor.fetchone()[0])
        if seen == newest:
            return newest
        if seen is None:
            cursor.execute(GONE_AT_ALL)
        else:
            cursor.execute(GONE_SINCE, [seen, newest])
        gone = [(slug, Place(*place)) for slug, *place in cursor.fetchall()]
    lastgood.put_floors(pipe, gone, newest)
    return newest


def _revoked() -> list[str]:
    """Keys revoked so lately that Redis may still believe them."""
    with connection.cursor() as cursor:
        cursor.execute(REVOKED, [lastgood.KEY_SECONDS * 2])
        return [prefix for (prefix,) in cursor.fetchall()]


keeper = Keeper()
