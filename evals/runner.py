"""Answer a chunk of a run: ask what is not yet answered, store as answers come.

The model calls run in an event loop on a thread of its own; rows are written by the
thread that holds the work item, so a lost lease stops the writing at once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from evals import model_client
from evals.model_client import CallFailed, Endpoint, Reply
from evals.models import Case, CaseResult, EvalRun, Outcome, RunStage
from evals.scorers import Answer, score
from registry import work
from registry.models import ModelTarget, Revision, WorkItem
from registry.render import render

BATCH = 32
"""Results a statement; a SIGKILL loses at most these unstored answers, never rows."""

FLUSH_SECONDS = 0.5
"""How long an answer may wait to be stored, so that progress on screen moves."""


class NoEndpoint(Exception):
    """The provider is not configured; the message says which setting is missing."""


@dataclass(frozen=True)
class Ask:
    """One call to make: the case, its repeat, and the messages as the model gets them."""

    case: Case
    repeat: int
    messages: tuple[dict[str, Any], ...]


def endpoint_of(target: ModelTarget) -> Endpoint:
    """Where a model target answers; NoEndpoint when its provider is not set up."""
    provider: dict[str, Any] = settings.PROVIDERS.get(target.provider, {})
    if not provider.get("base_url"):
        raise NoEndpoint(
            f"No address is configured for the provider {target.provider}. "
            "An operator has to set it in the environment."
        )
    return Endpoint(
        target.provider, provider["base_url"].rstrip("/"), provider["key"],
        provider["concurrency"], settings.MODEL_TIMEOUT_SECONDS,
    )  # fmt: skip


def run_chunk(item: WorkItem) -> EvalRun:
    """Answer what is missing of the chunk that `item` names; returns its run.

    Asking again after a crash asks only what has no answer yet. Raises LeaseLost when
    another worker took over, NoEndpoint when there is nobody to ask.
    """
    run = EvalRun.objects.select_related("revision__model_target", "baseline__model_target").get(
        pk=item.payload["run"]
    )
    if run.stage != RunStage.RUNNING:
        return run
    revision = run.revision if item.payload["arm"] == "candidate" else run.baseline
    assert revision is not None, "a chunk of the baseline arm exists only with a baseline"
    asks = _missing(item, run, revision)
    _store_as_they_come(item, run, asks, revision.model_target)
    return run


def _missing(item: WorkItem, run: EvalRun, revision: Revision) -> list[Ask]:
    arm, repeat = item.payload["arm"], item.payload["repeat"]
    answered = set(
        CaseResult.objects.filter(
            run=run, arm=arm, repeat=repeat, outcome=Outcome.ANSWERED
        ).values_list("case_id", flat=True)
    )
    wanted = [pk for pk in item.payload["cases"] if pk not in answered]
    cases = Case.objects.in_bulk(wanted)
    names = [variable["name"] for variable in revision.base_version.variables]
    return [Ask(cases[pk], repeat, _messages(revision.text, names, cases[pk])) for pk in wanted]


def _messages(text: str, names: list[str], case: Case) -> tuple[dict[str, Any], ...]:
    """The composed prompt with the case's request variables, then the case's messages."""
    values = {name: str(case.variables.get(name, "")) for name in names}
    return ({"role": "system", "content": render(text, values)}, *case.messages)


def _store_as_they_come(item: WorkItem, run: EvalRun, asks: list[Ask], target: ModelTarget) -> None:
    pending: list[CaseResult] = []
    stored = extended = time.monotonic()
    for ask, reply in _answers(asks, target):
        if ask is not None:
            pending.append(_result(item, run, ask, reply))
        now = time.monotonic()
        if len(pending) >= BATCH or (pending and now - stored > FLUSH_SECONDS):
            _store(item, pending)
            pending, stored, extended = [], now, now
        elif now - extended > settings.LEASE.total_seconds() / 3:
            work.extend(item)
            extended = now
    if pending:
        _store(item, pending)


def _store(item: WorkItem, results: list[CaseResult]) -> None:
    """Write a batch while holding the lease; a row already there stays as it is."""
    with transaction.atomic():
        work.extend(item)
        CaseResult.objects.bulk_create(results, ignore_conflicts=True)


def _result(item: WorkItem, run: EvalRun, ask: Ask, reply: Reply | CallFailed | None) -> CaseResult:
    row = CaseResult(
        run=run, arm=item.payload["arm"], case=ask.case, repeat=ask.repeat, attempt=item.attempts,
        outcome=Outcome.ERROR,
    )  # fmt: skip
    if not isinstance(reply, Reply):
        row.error = str(reply)
        return row
    answer = Answer(
        text=reply.text, finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens or 0, completion_tokens=reply.completion_tokens or 0,
        latency_ms=reply.latency_ms, variables=ask.case.variables,
    )  # fmt: skip
    scores = [score(expectation, answer) for expectation in ask.case.expectations]
    row.outcome, row.answer = Outcome.ANSWERED, reply.text
    row.score = min((one.value for one in scores), default=1.0)
    row.details = [{"value": one.value, "detail": one.detail} for one in scores]
    row.finish_reason, row.latency_ms = reply.finish_reason[:40], reply.latency_ms
    row.prompt_tokens, row.completion_tokens = reply.prompt_tokens, reply.completion_tokens
    return row


def _answers(
    asks: list[Ask], target: ModelTarget
) -> Iterator[tuple[Ask | None, Reply | CallFailed | None]]:
    """Yield each ask with its reply as it comes; (None, None) while nothing does.

    The empty yield lets the caller keep its lease alive over slow answers.
    """
    if not asks:
        return
    endpoint = endpoint_of(target)
    replies: queue.Queue[tuple[Ask, Reply | CallFailed]] = queue.Queue()
    stop = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_ask_all(asks, endpoint, target.snapshot, replies, stop)),
        daemon=True,
    )
    thread.start()
    try:
        remaining = len(asks)
        while remaining:
            try:
                yield replies.get(timeout=FLUSH_SECONDS)
                remaining -= 1
            except queue.Empty:
                if not thread.is_alive() and replies.empty():
                    raise RuntimeError("The calling thread ended before its answers.") from None
                yield None, None
    finally:
        stop.set()
        thread.join()


async def _ask_all(
    asks: list[Ask],
    endpoint: Endpoint,
    snapshot: str,
    replies: queue.Queue[tuple[Ask, Reply | CallFailed]],
    stop: threading.Event,
) -> None:
    todo = iter(asks)

    async def worker(session: Any) -> None:
        for ask in todo:
            if stop.is_set():
                return
            try:
                reply: Reply | CallFailed = await model_client.complete(
                    session, endpoint, snapshot, ask.messages, seed=ask.repeat
                )
            except CallFailed as failure:
                reply = failure
            replies.put((ask, reply))

    async with model_client.open_session(endpoint) as session:
        await asyncio.gather(
            *(worker(session) for _ in range(min(endpoint.concurrency, len(asks))))
        )
