"""Redis as the broker, for workers that outlive it.

A worker may be in the middle of something when its connection is lost. kombu 5.7 then wants to
give back or acknowledge a message over that connection, and the worker ends with an
AttributeError. Here such a message is left alone: Redis has forgotten it or delivers it once
more, its item is a row either way, and the reconciler rings for what nobody owns.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that tells a lost connection nothing more."""

    def close(self) -> None:
        """Close it; messages under way are given back only to a broker that is there."""
        self.do_restore = not self._is_lost()
        super().close()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge a message, unless its connection is lost."""
        if not self._is_lost():
            super().basic_ack(delivery_tag, multiple=multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject a message, unless its connection is lost."""
        if not self._is_lost():
            super().basic_reject(delivery_tag, requeue=requeue)

    def _is_lost(self) -> bool:
        connection: Any = self.connection
        return connection is None or connection.client is None


class Transport(redis.Transport):
    """kombu's Redis transport with such channels."""

    Channel = Channel
