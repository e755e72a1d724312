"""Keep the providers busy: claim chunks, feed the asking thread, store what comes, finish.

A task answers the chunk that it was rung for and whatever else waits, for a while, so that a
provider never idles between two chunks; then it gives other tasks a turn.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction

from evals import budget
from evals.actions.calls import CHUNK_KIND, cases_of_all
from evals.actions.closing import finish_chunks, leave_chunk, put_back_chunk, stop_at_budget
from evals.judges.pinning import judges_of
from evals.models import EvalRun, RunStage, Verdict
from evals.providers import NoEndpoint, endpoint_of
from evals.runner import hand, pace
from evals.runner.alone import alone, taken
from evals.runner.asker import Asker
from evals.runner.chunk import Chunk, Settled, Surroundings, open_chunk, settled_of
from evals.runner.lane import turns_ahead
from evals.runner.purse import Purse
from evals.runner.speed import Speed
from evals.runner.storing import store
from evals.runner.terms import Answered, Hold, Need, Prices
from registry import work
from registry.models import ModelTarget, WorkItem

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.15
"""How long an answer may wait to be stored: what a SIGKILL may lose, never rows."""

LOOK_SECONDS = 0.5
"""How often is looked whether somebody paused or cancelled a run."""

AHEAD = 4
"""Calls that wait for each call in flight, so that no lane runs dry between two looks."""

AHEAD_SECONDS = 1.0
"""How long what waits has to last at least, at the speed of late: to end several runs and to move
their tracks takes most of that. With quick models four a call in flight were gone in 0.2 s, and
the lane stood empty for a third of the time."""

CLAIM = 8
"""Chunks claimed at one look."""

FINISH_SECONDS = 0.4
"""How long a chunk that is through may wait for others, while others are under way: the end of
eight runs at once costs a third of the end of eight."""


class WorkersEnded(Exception):
    """Every worker that took the item ended before it was through: it may be what kills them."""


def answer_chunks(item: WorkItem) -> Iterator[list[Verdict]]:
    """Answer a chunk and what else waits, for PUMP_SECONDS; gives the verdicts as they are reached.

    Where another process is at it the item is left to that one. Asking again after a crash
    asks only what has no row yet.
    """
    with alone() as first:
        if first:
            pump = Pump()
            try:
                yield from pump.run(item)
            finally:
                pump.stop()
        else:
            work.give_back(item, tried=False)
    if not taken():
        _ring_for_the_rest()


def _ring_for_the_rest() -> None:
    """Somebody has to take what is left: whoever asked a moment ago may have just ended.

    The one that ends rings after it let go, the one that found it busy after it gave back: so
    one of the two sees the other's.
    """
    waiting = work.due(CHUNK_KIND).order_by("pk").values_list("pk", flat=True).first()
    if waiting is not None:
        work.ring([waiting])


class Pump:
    """One process's turn at asking."""

    def __init__(self) -> None:
        self._until = time.monotonic() + settings.PUMP_SECONDS
        self._hand: dict[int, Chunk] = {}
        self._around: dict[UUID, tuple[EvalRun, Surroundings]] = {}
        self._asker = Asker(
            patience=settings.PROVIDER_PATIENCE_SECONDS, until=self._until, prices=_prices(),
            holds=pace.holds(),
        )  # fmt: skip
        self._looked = self._extended = self._finished = time.monotonic()
        self._by_itself = False
        self._speed = Speed()

    def run(self, item: WorkItem) -> Iterator[list[Verdict]]:
        """Answer `item` first, then others until the time is up or none waits."""
        self._open([item])
        while self._hand:
            self._claim_more()
            self._collect()
            self._store()
            verdicts = self._finish()
            if verdicts:
                yield verdicts
            self._look()
            if not self._hand:
                self._claim_more()

    def stop(self) -> None:
        """End the asking thread; what is in hand still goes back, as tried."""
        self._asker.stop()
        for chunk in self._hand.values():
            with suppress(work.LeaseLost, DatabaseError):
                work.give_back(chunk.item, tried=True)

    def _claim_more(self) -> None:
        if time.monotonic() > self._until:
            self._asker.drain()
            return
        if self._hand and self._by_itself:
            return
        waiting = self._asker.waiting
        full = [name for name, number in waiting.items() if number >= self._enough(name)]
        self._open(hand.claim_next(CLAIM, without=full, first=not self._hand))

    def _open(self, items: Sequence[WorkItem]) -> None:
        """Take items in hand; one that cannot be opened is put back for later."""
        if not items:
            return
        self._by_itself = any(work.was_tried(item) for item in items)
        self._look_around({UUID(item.payload["run"]) for item in items})
        settled = settled_of(items)
        for item in items:
            self._open_one(item, settled)

    def _open_one(self, item: WorkItem, settled: Settled) -> None:
        try:
            if item.attempts > work.ATTEMPTS:
                raise WorkersEnded(f"{work.ATTEMPTS} workers ended before they were through.")
            run, around = self._around[UUID(item.payload["run"])]
            running = run.stage == RunStage.RUNNING
            chunk = (
                open_chunk(item, run, around, settled) if running else Chunk(item, run, left=True)
            )
        except DatabaseError:
            raise
        except Exception as error:
            _put_back(item, error)
            return
        self._hand[item.pk] = chunk
        self._asker.admit(run.pk)
        self._asker.feed(chunk.asks)

    def _look_around(self, pks: Collection[UUID]) -> None:
        """Read runs with what their chunks share; kept while a chunk of them is in hand."""
        new = [pk for pk in pks if pk not in self._around]
        runs = list(
            EvalRun.objects.filter(pk__in=new).select_related(
                "revision__model_target", "revision__base_version", "baseline__model_target",
                "baseline__base_version",
            )
        )  # fmt: skip
        cases = cases_of_all(runs)
        for run in runs:
            purse = None
            if run.cost_cap is not None:
                purse = Purse(float(run.cost_cap), float(budget.spent(run)))
            around = Surroundings(purse, judges_of(run), {case.pk: case for case in cases[run.pk]})
            self._around[run.pk] = (run, around)

    def _enough(self, provider: str) -> float:
        """So many calls wait for a provider that no more chunks of it are claimed."""
        try:
            ahead = AHEAD * endpoint_of(provider).concurrency
        except NoEndpoint:
            return AHEAD
        return max(ahead, AHEAD_SECONDS * self._speed.of(provider))

    def _collect(self) -> None:
        events = self._asker.collect(FLUSH_SECONDS)
        answered = (event.ask.provider for event in events if isinstance(event, Answered))
        self._speed.note(answered, time.monotonic())
        for event in events:
            if isinstance(event, Need):
                rate = endpoint_of(event.provider).calls_a_minute or math.inf
                turns = pace.take_turns(event.provider, rate, turns_ahead(rate))
                self._asker.grant(event.provider, turns)
            elif isinstance(event, Hold):
                pace.hold(event.provider, event.seconds)
            elif (chunk := self._hand.get(event.ask.chunk)) is not None:
                chunk.take(event) if isinstance(event, Answered) else chunk.miss(event)

    def _store(self) -> None:
        """Write what came while holding the leases; a row already there stays as it is."""
        full = [chunk for chunk in self._hand.values() if chunk.rows]
        late = time.monotonic() - self._extended > settings.LEASE.total_seconds() / 3
        holding = list(self._hand.values()) if late else full
        if not holding:
            return
        with transaction.atomic():
            lost = work.extend_all([chunk.item for chunk in holding])
            rows = [row for chunk in full if chunk.item.pk not in lost for row in chunk.rows]
            store(rows)
        for chunk in full:
            chunk.rows = []
        for pk in lost:
            log.warning("Lost the lease of %s: another worker has it.", self._hand.pop(pk).item)
        if late:
            self._extended = time.monotonic()

    def _finish(self) -> list[Verdict]:
        """Let go of the chunks that are through: several at once while others are under way."""
        over = [chunk for chunk in self._hand.values() if not chunk.open and not chunk.rows]
        under_way = len(over) < len(self._hand)
        if not over or (under_way and time.monotonic() - self._finished < FINISH_SECONDS):
            return []
        self._finished = time.monotonic()
        verdicts = _end_all(over)
        for chunk in over:
            del self._hand[chunk.item.pk]
        in_hand = {chunk.run.pk for chunk in self._hand.values()}
        self._around = {pk: kept for pk, kept in self._around.items() if pk in in_hand}
        return verdicts

    def _look(self) -> None:
        """Stop asking for runs that somebody paused or cancelled; take over a new cap."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        found = EvalRun.objects.filter(pk__in=self._around)
        for pk, stage, cap in found.values_list("pk", "stage", "cost_cap"):
            purse = self._around[pk][1].purse
            if purse is not None:
                purse.cap = math.inf if cap is None else float(cap)
            if stage != RunStage.RUNNING:
                self._asker.drop(pk)


def _end_all(chunks: Sequence[Chunk]) -> list[Verdict]:
    """Let go of chunks; where one of those that are done goes wrong, of each by itself."""
    done = [one for one in chunks if not one.left]
    others = [one for one in chunks if one.left]
    try:
        verdicts = _finish_all(done) if done else []
    except DatabaseError:
        raise
    except Exception:
        verdicts, others = [], list(chunks)
    return verdicts + [one for one in map(_end, others) if one is not None]


def _finish_all(chunks: Sequence[Chunk]) -> list[Verdict]:
    verdicts, lost = finish_chunks([chunk.item for chunk in chunks])
    for chunk in chunks:
        if chunk.item.pk in lost:
            log.warning("Lost the lease of %s: another worker has it.", chunk.item)
    return verdicts


def _end(chunk: Chunk) -> Verdict | None:
    """Let go of a chunk: done, left for later, or put back for what went wrong."""
    try:
        if chunk.over_budget:
            return stop_at_budget(chunk.item, chunk.run)
        if chunk.left:
            return leave_chunk(chunk.item, chunk.run, chunk.wait)
        return next(iter(_finish_all([chunk])), None)
    except work.LeaseLost:
        log.warning("Lost the lease of %s: another worker has it.", chunk.item)
        return None
    except DatabaseError:
        raise
    except Exception as error:
        return _put_back(chunk.item, error)


def _put_back(item: WorkItem, error: Exception) -> Verdict | None:
    log.error("Work item %s failed (attempt %s).", item, item.attempts, exc_info=error)
    return put_back_chunk(item, f"{type(error).__name__}: {error}")


def _prices() -> Prices:
    known = ModelTarget.objects.filter(input_price__isnull=False, output_price__isnull=False)
    rows = known.values_list("provider", "snapshot", "input_price", "output_price")
    return Prices(
        {(who, what): (float(i or 0) / 1e6, float(o or 0) / 1e6) for who, what, i, o in rows}
    )
