"""Reads each change once a process and gives it to every stream that may hear it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings

from fleet.stream.access import still_allowed
from fleet.stream.events import Change, Span, change_events, reset_event, seen_by
from fleet.stream.feed import PAGE, Feed, FeedDown
from fleet.stream.listener import Listener
from fleet.stream.wake import Subscription

log = logging.getLogger(__name__)


class Hub:
    """The streams of one process, its place in the feed, and the tasks that move it on.

    `position` is the newest change that every stream has been offered; None until PostgreSQL
    was first read.
    """

    def __init__(self) -> None:
        self.position: int | None = None
        self.feed = Feed()
        self.reading = False
        """Whether the last read succeeded."""
        self.read_at = 0.0
        """When that was (monotonic)."""
        self.stopped = False
        self._streams: dict[str | None, set[Listener]] = defaultdict(set)
        self._rung = asyncio.Event()
        self._subscription = Subscription(self._rung.set)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to read, to listen and to look after the keys."""
        work = (self._read(), self._subscription.run(), self._check_keys())
        self._tasks = [loop.create_task(one) for one in work]

    def stop(self) -> None:
        """End every stream, then the tasks."""
        self.stopped = True
        for stream in self.streams():
            stream.close("stopping")
        for task in self._tasks:
            task.cancel()

    def streams(self) -> list[Listener]:
        """All open streams."""
        return [stream for group in self._streams.values() for stream in group]

    @property
    def subscribed(self) -> bool:
        """Whether Redis would be heard."""
        return self._subscription.alive

    def join(self, stream: Listener) -> None:
        """Offer the stream everything after `position` from now on."""
        self._streams[stream.audience].add(stream)

    def leave(self, stream: Listener) -> None:
        """Offer it nothing any more."""
        group = self._streams[stream.audience]
        group.discard(stream)
        if not group:
            del self._streams[stream.audience]

    async def _read(self) -> None:
        while True:
            try:
                if not self.reading:
                    await self._find_place()
                self._rung.clear()
                while await self._advance() == PAGE:
                    pass
            except FeedDown as why:
                if self.reading or self.position is None:
                    log.warning("The change feed cannot be read: %s", why)
                self.reading = False
                await asyncio.sleep(settings.STREAM_RETRY_SECONDS)
                continue
            await self._until_rung()

    async def _until_rung(self) -> None:
        seconds = settings.STREAM_POLL_SECONDS
        if not self.subscribed:
            seconds = min(seconds, settings.STREAM_POLL_SECONDS_WITHOUT_REDIS)
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return

    async def _find_place(self) -> None:
        """Start from now; after an outage, go on, unless the feed has become another one."""
        span = await self.feed.span()
        if self.position is None:
            self.position = span.newest
        elif not span.reaches(self.position):
            self._reset(span)
        self.reading = True

    def _reset(self, span: Span) -> None:
        log.warning("The change feed does not reach to %s: callers fetch again.", self.position)
        self.position = span.newest
        for stream in self.streams():
            stream.position = span.newest
            stream.put(reset_event(span.newest))

    async def _advance(self) -> int:
        """Read one page and give it out; how many changes it had."""
        assert self.position is not None
        page = await self.feed.after(self.position)
        self.read_at = time.monotonic()
        if page:
            owners = await self.feed.owners(page)
            self._give_out(page, owners)
        return len(page)

    def _give_out(self, page: Sequence[Change], owners: dict[str, frozenset[str]]) -> None:
        """No await in here: a stream that joins sees either all of a page or none of it."""
        self.position = page[-1].cursor
        for audience, streams in self._streams.items():
            told = [seen for one in page if (seen := seen_by(one, audience, owners))]
            text = change_events(told)
            for stream in streams:
                stream.offer(told, text, self.position)

    async def _check_keys(self) -> None:
        while True:
            await asyncio.sleep(settings.STREAM_KEY_CHECK_SECONDS)
            with suppress(FeedDown):
                await self.check_keys()

    async def check_keys(self) -> None:
        """End the streams whose key was revoked or lost its scope.

        Only those that were asked about: one that joins while PostgreSQL answers has just been
        admitted. Raises FeedDown.
        """
        asked = self.streams()
        allowed = await still_allowed(self.feed, {one.key for one in asked})
        for stream in asked:
            if stream.key not in allowed:
                stream.close("key revoked")
