"""One provider's lane: calls in flight, turns by its rate limit, its pauses, and its silence.

Lives in the asking thread's event loop; nothing here is called from another thread.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from evals.model_client import CallFailed, Endpoint, Later
from evals.runner.terms import Event, Hold, Need

REST = 30.0
"""Seconds that a silent provider is left alone; then one call tries whether it speaks again."""

WATCH_SECONDS = 0.5


class Lane:
    """The door (`evals.model_client.Door`) to one provider.

    `patience`: seconds without any word from the provider while calls are waiting for it;
    after that all of them fail, so that nobody waits for a dead one. `longest_wait`: a pause
    beyond so many seconds is handed back as Later.
    """

    def __init__(
        self, endpoint: Endpoint, tell: Callable[[Event], None], *, patience: float,
        longest_wait: Callable[[], float],
    ) -> None:  # fmt: skip
        self.endpoint = endpoint
        self._tell = tell
        self._patience = patience
        self._longest_wait = longest_wait
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._loop = asyncio.get_running_loop()
        self._flying: set[asyncio.Task[object]] = set()
        self._turns: deque[float] = deque()
        self._turn_came = asyncio.Event()
        self._needs = False
        self._hold_until = 0.0
        self._silent_since: float | None = None
        self._shut_until: float | None = None
        self._watch: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Wait for a turn. CallFailed while the provider is given up, Later for a long pause."""
        await self._slots.acquire()
        try:
            await self._pass()
        except BaseException:
            self._slots.release()
            raise

    async def _pass(self) -> None:
        self._refuse_while_shut()
        if self.endpoint.calls_a_minute:
            await self._wait_until(await self._turn())
        while self._hold_until > self._loop.time():
            await self._wait_until(self._hold_until)
        self._refuse_while_shut()
        task = asyncio.current_task()
        assert task is not None
        self._flying.add(task)
        if self._silent_since is None:
            self._silent_since = self._loop.time()
        if self._watch is None:
            self._watch = self._loop.create_task(self._watch_silence())

    def leave(self, failure: CallFailed | None) -> None:
        """The try is over: it was answered, or the failure tells whether anybody is there."""
        self._flying.discard(asyncio.current_task())
        if failure is None or failure.heard:
            self._silent_since = self._loop.time() if self._flying else None
            self._shut_until = None
        elif self._shut_until is not None:
            self._shut_until = self._loop.time() + REST
        if failure is not None and failure.pause is not None:
            self.hold(failure.pause)
            self._tell(Hold(self.endpoint.provider, failure.pause))
        self._slots.release()

    def given_up(self) -> CallFailed | None:
        """Why the calls in flight were cancelled; None where it was not for silence."""
        return self._silence() if self._shut_until is not None else None

    def hold(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._hold_until = max(self._hold_until, self._loop.time() + seconds)

    def grant(self, waits: Sequence[float]) -> None:
        """Turns that the rate limit gives: seconds from now, each for one call."""
        now = self._loop.time()
        self._turns.extend(now + wait for wait in waits)
        self._needs = False
        self._turn_came.set()

    async def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def _turn(self) -> float:
        """The loop's time from which one call may be made."""
        while not self._turns:
            self._turn_came.clear()
            if not self._needs:
                self._needs = True
                self._tell(Need(self.endpoint.provider))
            await self._turn_came.wait()
        return self._turns.popleft()

    async def _wait_until(self, moment: float) -> None:
        wait = moment - self._loop.time()
        if wait > self._longest_wait():
            raise Later(wait)
        if wait > 0:
            await asyncio.sleep(wait)

    def _refuse_while_shut(self) -> None:
        if self._shut_until is None:
            return
        if self._flying or self._loop.time() < self._shut_until:
            raise self._silence()

    def _silence(self) -> CallFailed:
        return CallFailed(
            f"{self.endpoint.provider} gave no answer for {self._patience:g} s and was given up.",
            again=False,
        )

    async def _watch_silence(self) -> None:
        """Give the provider up once it has said nothing for as long as our patience."""
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, self._patience / 4))
            if self._shut_until is not None or self._silent_since is None:
                continue
            if self._loop.time() - self._silent_since > self._patience:
                self._shut_until = self._loop.time() + REST
                for task in self._flying:
                    task.cancel()


def turns_ahead(calls_a_minute: float) -> int:
    """How many turns are taken from the rate limit at once: those of about a second."""
    return max(1, math.floor(calls_a_minute / 60))
