"""The reader of a process: outages, another feed than before, pages. Its feed is a list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from fleet.stream.events import Change, Span
from fleet.stream.feed import PAGE, FeedDown
from fleet.stream.hub import Hub
from fleet.stream.listener import Listener


class ListFeed:
    """A feed in memory that can be away."""

    def __init__(self) -> None:
        self.rows: list[Change] = []
        self.away = False

    def write(self, *cursors: int) -> None:
        """More changes."""
        self.rows += [Change(n, "triage", "acme", "en", "primary") for n in cursors]

    async def span(self) -> Span:
        """As Feed."""
        self._answer()
        ends = (self.rows[0].cursor, self.rows[-1].cursor) if self.rows else (0, 0)
        return Span(*ends)

    async def after(self, cursor: int, limit: int = PAGE) -> list[Change]:
        """As Feed."""
        self._answer()
        return [row for row in self.rows if row.cursor > cursor][:limit]

    async def owners(self, changes: Iterable[Change]) -> dict[str, frozenset[str]]:
        """As Feed."""
        return {}

    def _answer(self) -> None:
        if self.away:
            raise FeedDown


def hub_over(feed: ListFeed) -> tuple[Hub, Listener]:
    """A hub that stands at the feed's end, with one stream."""
    hub = Hub()
    hub.feed = feed  # type: ignore[assignment]
    asyncio.run(hub._find_place())
    stream = Listener(None, 1)
    assert hub.position is not None
    stream.position = hub.position
    hub.join(stream)
    return hub, stream


def take(stream: Listener) -> str:
    """What waits for the caller."""
    return asyncio.run(stream.take(0.01))


def test_it_starts_from_now_and_gives_out_what_comes() -> None:
    feed = ListFeed()
    feed.write(1, 2, 3)
    hub, stream = hub_over(feed)
    assert take(stream) == ""
    feed.write(4, 6)
    asyncio.run(hub._advance())
    assert hub.position == 6 and take(stream).count("data:") == 2


def test_after_an_outage_it_goes_on_where_it_stood() -> None:
    feed = ListFeed()
    feed.write(1)
    hub, stream = hub_over(feed)
    feed.write(2, 3)
    asyncio.run(hub._find_place())
    assert hub.position == 1 and take(stream) == ""
    asyncio.run(hub._advance())
    assert take(stream).count("data:") == 2


def test_a_feed_that_was_restored_from_a_copy_resets_every_stream() -> None:
    feed = ListFeed()
    feed.write(1, 2, 3)
    hub, stream = hub_over(feed)
    feed.rows = feed.rows[:2]
    asyncio.run(hub._find_place())
    assert hub.position == 2 and take(stream).startswith("event: reset\nid: 2\n")
    feed.write(3)
    asyncio.run(hub._advance())
    assert take(stream).startswith("id: 3\n")


def test_a_stream_that_left_is_offered_nothing() -> None:
    feed = ListFeed()
    hub, stream = hub_over(feed)
    hub.leave(stream)
    feed.write(1)
    asyncio.run(hub._advance())
    assert take(stream) == "" and hub.streams() == []


class Keys(ListFeed):
    """A feed that knows which keys may listen, and lets somebody in while it is asked."""

    def __init__(self, *valid: int) -> None:
        super().__init__()
        self.valid = set(valid)
        self.meanwhile: list[Callable[[], None]] = []

    async def ask(self, query: str, keys: list[int], scope: str) -> list[tuple[int]]:
        """The valid ones of the keys asked about, read before anyone else joined."""
        rows = [(key,) for key in keys if key in self.valid]
        for act in self.meanwhile:
            act()
        return rows


def test_the_key_check_ends_streams_of_revoked_keys_only() -> None:
    feed = Keys(1)
    hub, stream = hub_over(feed)
    revoked = Listener(None, 2)
    hub.join(revoked)
    asyncio.run(hub.check_keys())
    assert (stream.closed, revoked.closed) == ("", "key revoked")


def test_a_stream_that_joins_during_the_key_check_goes_on() -> None:
    feed = Keys(1, 3)
    hub, stream = hub_over(feed)
    late = Listener(None, 3)
    feed.meanwhile.append(lambda: hub.join(late))
    asyncio.run(hub.check_keys())
    assert (stream.closed, late.closed) == ("", "")
