"""A Redis of a test's own, to be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from fleet.launch.broker import Redis
from fleet.launch.child import Child
from tests import live


class Broker(Redis):
    """A Redis that can be lost and comes back at the same address."""

    child: Child

    def lose(self) -> None:
        """SIGKILL, an empty start at the same address, and FLUSHALL into what was rung since."""
        live.kill_below(self.child.pid)
        self.child.stop()
        self.child = self.start((), same_url=True)
        redis.Redis.from_url(self.url()).flushall()


@contextmanager
def own_redis(place: Path) -> Iterator[Broker]:
    """It runs until the end of the block."""
    (place / "redis" / "logs").mkdir(parents=True)
    broker = Broker(place / "redis")
    broker.child = broker.start(())
    try:
        yield broker
    finally:
        broker.child.stop()
