"""One open change stream: a bounded queue between the reader and a caller's connection. Pure."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from fleet.stream.events import Change, change_events

MOST_WAITING = 10_000
"""Events a stream may hold for a slow caller; a bulk act on the scale fleet makes 18,000."""


class Listener:
    """What one caller still has to be sent. All of it happens on the event loop."""

    def __init__(self, audience: str | None, key: int, *, most_waiting: int = MOST_WAITING) -> None:
        """`audience`: the tenant whose changes it hears, None for all; `key`: the API key's id."""
        self.audience = audience
        self.key = key
        self.position = 0
        """The newest cursor the caller has been given, or need not be given any more."""
        self.closed = ""
        """Why the stream ends; empty while it goes on."""
        self._most = most_waiting
        self._waiting: deque[str] = deque()
        self._events = 0
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, changes: Sequence[Change], text: str, upto: int) -> None:
        """Queue changes in order of their cursors; `text` are all of them, ready to be sent.

        `upto`: every change up to there has now been offered, seen by this audience or not.
        A stream whose caller does not keep up is closed: it comes back with its cursor.
        """
        if changes and changes[0].cursor <= self.position:
            changes = [change for change in changes if change.cursor > self.position]
            text = change_events(changes)
        if changes:
            self.put(text, len(changes))
        self.position = max(self.position, upto)

    def put(self, text: str, events: int = 1) -> None:
        """Queue text as it stands."""
        self._events += events
        if self._events > self._most:
            self.close("too slow")
            return
        self._waiting.append(text)
        self._wake()

    def close(self, why: str) -> None:
        """End the stream; what waits is dropped."""
        self.closed = self.closed or why
        self._waiting.clear()
        self._wake()

    async def take(self, seconds: float) -> str:
        """Everything that waits, as soon as something does; empty after `seconds` or at the end."""
        if not self._waiting and not self.closed:
            await self._wait(seconds)
        text = "".join(self._waiting)
        self._waiting.clear()
        self._events = 0
        return text

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
