"""A stream's queue: nothing twice, nothing out of order, never without bound."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fleet.stream.events import Change, change_events
from fleet.stream.listener import Listener


def changes(*cursors: int) -> list[Change]:
    """Changes of one variant."""
    return [Change(n, "triage", "acme", "en", "primary") for n in cursors]


def offer(listener: Listener, page: Sequence[Change]) -> None:
    """As the hub does."""
    listener.offer(page, change_events(page), page[-1].cursor)


def take(listener: Listener, seconds: float = 0.01) -> str:
    """What waits, or nothing after some milliseconds."""
    return asyncio.run(listener.take(seconds))


def test_what_is_offered_is_taken_once_and_in_order() -> None:
    listener = Listener(None, 1)
    offer(listener, changes(1, 2))
    offer(listener, changes(3))
    assert take(listener) == change_events(changes(1, 2, 3))
    assert take(listener) == ""


def test_what_the_caller_has_seen_already_is_left_out() -> None:
    listener = Listener(None, 1)
    listener.position = 2
    offer(listener, changes(1, 2, 3, 4))
    assert take(listener) == change_events(changes(3, 4))


def test_a_page_without_anything_for_it_moves_its_position() -> None:
    listener = Listener("bolt", 1)
    listener.offer([], "", 9)
    assert listener.position == 9 and take(listener) == ""


def test_a_full_queue_closes_the_stream_and_frees_what_waits() -> None:
    listener = Listener(None, 1, most_waiting=3)
    offer(listener, changes(1, 2))
    assert not listener.closed
    offer(listener, changes(3, 4))
    assert listener.closed == "too slow" and take(listener) == ""


def test_a_queue_that_is_emptied_in_time_never_fills() -> None:
    listener = Listener(None, 1, most_waiting=3)
    for n in range(1, 20):
        offer(listener, changes(n))
        take(listener)
    assert not listener.closed


def test_whoever_waits_is_woken_by_an_offer_and_by_the_end() -> None:
    async def wait(act: str) -> str:
        listener = Listener(None, 1)
        loop = asyncio.get_running_loop()
        loop.call_later(
            0.01, lambda: offer(listener, changes(1)) if act == "offer" else listener.close("x")
        )
        async with asyncio.timeout(1):
            return await listener.take(60)

    assert asyncio.run(wait("offer")) == change_events(changes(1))
    assert asyncio.run(wait("close")) == ""
