"""Threads for Django, and an answer's parts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from fleet.stream.pool import Crowded, Pool
from fleet.stream.site import in_parts


def with_pool(threads: int, most: int, act: Callable[[Pool], Awaitable[None]]) -> None:
    """Do something with a running pool."""

    async def main() -> None:
        pool = Pool("test", threads, most_waiting=most)
        pool.start(asyncio.get_running_loop())
        try:
            async with asyncio.timeout(5):
                await act(pool)
        finally:
            pool.stop()

    asyncio.run(main())


def test_every_job_is_done_once_and_no_more_at_a_time_than_there_are_threads() -> None:
    running, most, done = [0], [0], []
    lock = threading.Lock()

    def job(number: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.002)
        with lock:
            running[0] -= 1
            done.append(number)

    async def act(pool: Pool) -> None:
        await asyncio.gather(*(pool.do(lambda n=n: job(n)) for n in range(40)))

    with_pool(3, 100, act)
    assert sorted(done) == list(range(40)) and 1 < most[0] <= 3


def test_a_job_that_fails_ends_like_any_other_and_its_thread_goes_on() -> None:
    async def act(pool: Pool) -> None:
        await pool.do(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
        await pool.do(lambda: None)

    with_pool(1, 10, act)


def test_more_than_may_wait_is_refused_at_once() -> None:
    hold = threading.Event()

    async def act(pool: Pool) -> None:
        jobs = [pool.do(hold.wait)]  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        jobs += [pool.do(hold.wait), pool.do(hold.wait)]  # type: ignore[arg-type]
        with pytest.raises(Crowded):
            pool.do(hold.wait)  # type: ignore[arg-type]
        hold.set()
        await asyncio.gather(*jobs)

    with_pool(1, 2, act)


def test_small_parts_are_gathered_and_none_is_empty() -> None:
    parts = list(in_parts([b"a", b"", b"bc", b"d" * 10, b""], size=4))
    assert parts == [b"abc" + b"d" * 10]
    assert list(in_parts([b"", b""], size=4)) == []
    assert b"".join(in_parts([b"xy"] * 7, size=4)) == b"xy" * 7
