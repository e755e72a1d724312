"""The asking thread: an event loop that makes the calls and tells what came of them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import aiohttp

from evals import judges, model_client
from evals.judges import Judge, JudgeFailed, Moderate
from evals.model_client import CallFailed, Endpoint, Later, Reply
from evals.providers import NoEndpoint, endpoint_of
from evals.runner.lane import Lane
from evals.runner.scoring import answer_of
from evals.runner.terms import Answered, Ask, Event, NotAsked, Prices
from evals.safety import moderation
from evals.safety.scan import expected_of, service

log = logging.getLogger(__name__)

MODERATION = "(moderation)"
"""Key of the moderation service's session; no provider can be called so."""


class Asker:
    """Makes the calls it is fed. Methods are for the thread that made it, unless they say so."""

    def __init__(
        self, *, patience: float, until: float, prices: Prices, holds: Mapping[str, float]
    ) -> None:
        self._patience = patience
        self._until = until
        self._prices = prices
        self._events: deque[Event] = deque()
        self._woken = threading.Event()
        self._ready = threading.Event()
        self._lanes: dict[str, Lane] = {}
        self._waiting: dict[str, asyncio.Queue[Ask]] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dropped: set[UUID] = set()
        self._draining = False
        self._open = 0
        self._holds = holds
        self.waiting: Counter[str] = Counter()
        """Asks by provider that are fed and not yet told of."""
        self._thread = threading.Thread(target=self._run, name="asker", daemon=True)
        self._thread.start()
        self._ready.wait()

    def feed(self, asks: Iterable[Ask]) -> None:
        """Make these calls as their providers allow."""
        fed = list(asks)
        self.waiting.update(ask.provider for ask in fed)
        self.waiting.update(ask.then.provider for ask in fed if ask.then is not None)
        self._loop.call_soon_threadsafe(self._take, fed)

    def collect(self, seconds: float) -> list[Event]:
        """What came within so many seconds; earlier where something cannot wait."""
        self._woken.wait(seconds)
        self._woken.clear()
        if not self._thread.is_alive():
            raise RuntimeError("The asking thread ended before its answers.")
        found = [self._events.popleft() for _ in range(len(self._events))]
        self.waiting.subtract(
            event.ask.provider for event in found if isinstance(event, Answered | NotAsked)
        )
        return found

    def drop(self, run: UUID) -> None:
        """Ask nothing more for a run; calls in flight are still answered."""
        self._dropped.add(run)

    def admit(self, run: UUID) -> None:
        """Ask for a run that was dropped before."""
        self._dropped.discard(run)

    def drain(self) -> None:
        """Ask nothing more at all; calls in flight are still answered."""
        self._draining = True

    def grant(self, provider: str, waits: Sequence[float]) -> None:
        """Hand a lane the turns it asked for."""
        self._loop.call_soon_threadsafe(self._lanes[provider].grant, waits)

    def stop(self) -> None:
        """End the thread; what is in flight is cancelled."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    # --- in the asking thread -----------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._ready.set()
        try:
            await self._end.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for lane in self._lanes.values():
                await lane.close()
            for session in self._sessions.values():
                await session.close()

    def _take(self, asks: Sequence[Ask]) -> None:
        self._open += len(asks)
        for ask in asks:
            if ask.known is not None:
                self._have(ask, ask.known)
                continue
            try:
                self._lane(ask.provider)
            except NoEndpoint as missing:
                self._over(ask, CallFailed(str(missing), again=False))
                continue
            self._waiting[ask.provider].put_nowait(ask)

    def _lane(self, provider: str) -> Lane:
        """The lane to a provider, opened when it is first needed. Raises NoEndpoint."""
        if provider not in self._lanes:
            endpoint = endpoint_of(provider)
            self._lanes[provider] = lane = Lane(
                endpoint, self._urge, patience=self._patience,
                longest_wait=lambda: max(0.0, self._until - time.monotonic()),
            )  # fmt: skip
            lane.hold(self._holds.get(provider, 0.0) if not endpoint.calls_a_minute else 0.0)
            self._sessions[provider] = model_client.open_session(endpoint)
            self._waiting[provider] = asyncio.Queue()
            for _ in range(endpoint.concurrency):
                self._start(self._work(provider, lane.endpoint))
        return self._lanes[provider]

    def _start(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("The asking thread lost a task.", exc_info=task.exception())
            self._end.set()

    async def _work(self, provider: str, endpoint: Endpoint) -> None:
        """Take one waiting ask after the other; as many of these run as calls may be in flight."""
        waiting = self._waiting[provider]
        while True:
            await self._one(await waiting.get(), endpoint)

    async def _one(self, ask: Ask, endpoint: Endpoint) -> None:
        if self._draining or ask.run in self._dropped:
            self._leave(NotAsked(ask))
            return
        aside = 0.0 if ask.purse is None else ask.purse.take(_estimate(ask))
        if aside is None:
            self._leave(NotAsked(ask, over_budget=True))
            return
        cost = 0.0
        try:
            reply = await model_client.complete(
                self._sessions[ask.provider], endpoint, ask.snapshot, ask.messages,
                seed=ask.repeat, parameters=ask.parameters, door=self._lanes[ask.provider],
            )  # fmt: skip
            cost = self._prices.of(ask.provider, ask.snapshot, reply)
        except Later as later:
            self._leave(NotAsked(ask, wait=later.seconds))
            return
        except CallFailed as failure:
            self._over(ask, failure)
            return
        finally:
            if ask.purse is not None:
                ask.purse.settle(aside, cost)
        self._have(ask, reply)

    def _have(self, ask: Ask, reply: Reply | CallFailed) -> None:
        """The answer is there; where its grades take calls, those are made beside the others."""
        if ask.context is not None and isinstance(reply, Reply):
            self._start(self._grade(ask, reply))
        else:
            self._over(ask, reply)

    async def _grade(self, ask: Ask, reply: Reply) -> None:
        """Ask whom the case's expectations want to be asked."""
        spent = 0.0

        async def ask_judge(judge: Judge, messages: Sequence[Mapping[str, Any]], seed: int) -> str:
            nonlocal spent
            try:
                lane = self._lane(judge.provider)
                said = await model_client.complete(
                    self._sessions[judge.provider], lane.endpoint, judge.snapshot, messages,
                    seed=seed, door=lane,
                )  # fmt: skip
            except (CallFailed, Later, NoEndpoint) as failure:
                raise JudgeFailed(str(failure)) from None
            spent += self._prices.of(judge.provider, judge.snapshot, said)
            return said.text

        assert ask.context is not None
        context = replace(ask.context, ask=ask_judge, moderate=self._moderate())
        cost = self._prices.of(ask.provider, ask.snapshot, reply)
        try:
            scored = await judges.scored(
                expected_of(ask.case), answer_of(ask, reply, cost), context
            )
        except Exception as error:
            log.exception("Case %s could not be graded.", ask.case.pk)
            scored = judges.Scored(None, (), f"{type(error).__name__}: {error}")
        if ask.purse is not None:
            ask.purse.settle(0.0, spent)
        self._over(ask, reply, scored, spent)

    def _moderate(self) -> Moderate | None:
        """The moderation service, None where none is configured."""
        if not service().configured:
            return None
        if MODERATION not in self._sessions:
            self._sessions[MODERATION] = aiohttp.ClientSession()
        return moderation.asking(self._sessions[MODERATION], service())

    def _over(
        self, ask: Ask, reply: Reply | CallFailed, scored: judges.Scored | None = None,
        spent: float = 0.0,
    ) -> None:  # fmt: skip
        self._told(Answered(ask, reply, scored, spent))
        self._go_on_after(ask, reply.text if isinstance(reply, Reply) else None)

    def _leave(self, left: NotAsked) -> None:
        self._told(left)
        if left.ask.then is not None:
            self._open += 1
            self._leave(replace(left, ask=left.ask.then))

    def _told(self, event: Answered | NotAsked) -> None:
        """Keep it for the next `collect`; nobody waits for what does not come any more."""
        self._events.append(event)
        self._open -= 1
        if not self._open:
            self._woken.set()

    def _go_on_after(self, ask: Ask, old_answer: str | None) -> None:
        """The new arm's ask that waited for the old arm's answer."""
        if ask.then is not None:
            following = ask.then
            assert following.context is not None
            following.context = replace(following.context, other=old_answer)
            self._take([following])

    def _urge(self, event: Event) -> None:
        self._events.append(event)
        self._woken.set()


def _estimate(ask: Ask) -> float:
    """What a call may cost: four bytes a token, and the longest answer that it may give."""
    if ask.prices is None:
        return 0.0
    said = sum(len(str(message.get("content", "")).encode()) for message in ask.messages)
    most = ask.parameters.get("max_tokens") or ask.parameters.get("max_completion_tokens") or 500
    return said / 4 * ask.prices[0] + float(most) * ask.prices[1]
