"""A fixed number of threads for what is not asynchronous, with a bounded queue before them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

log = logging.getLogger(__name__)


class Crowded(Exception):
    """More is waiting than can be done in a sensible time."""


class Pool:
    """Threads that do jobs in the order they came. Used from one event loop."""

    def __init__(self, name: str, threads: int, *, most_waiting: int) -> None:
        self._name, self._size, self._most = name, threads, most_waiting
        self._jobs: SimpleQueue[tuple[Callable[[], None], asyncio.Future[None]] | None] = (
            SimpleQueue()
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads; jobs are waited for on `loop`."""
        self._loop = loop
        for number in range(self._size):
            name = f"{self._name}-{number}"
            threading.Thread(target=self._run, args=(loop,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Let every thread end after the job it has."""
        for _ in range(self._size):
            self._jobs.put(None)

    def do(self, job: Callable[[], None]) -> asyncio.Future[None]:
        """Have a job done; the future is done when it is. Raises Crowded."""
        assert self._loop is not None
        if self._jobs.qsize() >= self._most:
            raise Crowded
        done = self._loop.create_future()
        self._jobs.put((job, done))
        return done

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            try:
                job()
            except Exception:
                log.exception("A job of the pool %s failed.", self._name)
            loop.call_soon_threadsafe(_finish, done)


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
