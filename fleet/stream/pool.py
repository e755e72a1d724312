"""A fixed number of threads for what is not asynchronous, with a bounded queue before them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

log = logging.getLogger(__name__)

COLLECT_SECONDS = 0.02
"""How late a finished job may be noticed. Its caller has had the answer from the thread itself;
waking the event loop for each would cost a tenth of all processor time (measured)."""


class Crowded(Exception):
    """More is waiting than can be done in a sensible time."""


Job = Callable[[], None]


class Pool:
    """Threads that do jobs in the order they came. Used from one event loop."""

    def __init__(self, name: str, threads: int, *, most_waiting: int) -> None:
        self._name, self._size, self._most = name, threads, most_waiting
        self._jobs: SimpleQueue[tuple[Job, asyncio.Future[None]] | None] = SimpleQueue()
        self._finished: deque[asyncio.Future[None]] = deque()
        self._unfinished = 0
        self._collecting = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads; jobs are waited for on `loop`."""
        self._loop = loop
        for number in range(self._size):
            name = f"{self._name}-{number}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Let every thread end after the job it has."""
        for _ in range(self._size):
            self._jobs.put(None)

    def do(self, job: Job) -> asyncio.Future[None]:
        """Have a job done; the future is done soon after it is. Raises Crowded."""
        assert self._loop is not None
        if self._jobs.qsize() >= self._most:
            raise Crowded
        done = self._loop.create_future()
        self._unfinished += 1
        self._jobs.put((job, done))
        self._collect()
        if not self._collecting:
            self._collecting = True
            self._loop.call_later(COLLECT_SECONDS, self._keep_collecting)
        return done

    def _keep_collecting(self) -> None:
        self._collect()
        self._collecting = self._unfinished > 0
        if self._collecting and self._loop is not None:
            self._loop.call_later(COLLECT_SECONDS, self._keep_collecting)

    def _collect(self) -> None:
        while self._finished:
            done = self._finished.popleft()
            self._unfinished -= 1
            if not done.done():
                done.set_result(None)

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            try:
                job()
            except Exception:
                log.exception("A job of the pool %s failed.", self._name)
            self._finished.append(done)
