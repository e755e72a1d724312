"""Ask one case of a draft, once, and score the answer: to see whether the case is a good one.

A draft's case is in no suite version, so this is no eval run: nothing is stored but the work
item, which holds the case as it was asked and, once it is there, what came of it. Only whoever
asked may read it. No evidence comes of it, and no gate reads it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from django.utils import timezone

from evals.cases import content_hash, expectation_problem
from evals.judges import Context, Judge, JudgeFailed, scored
from evals.judges.pinning import judges_of, pin
from evals.model_client import CallFailed, Later, Reply, complete, open_session
from evals.models import Arm, Case, EvalRun, Suite, SuiteVersion
from evals.providers import NoEndpoint, endpoint_of
from evals.runner.chunk import side_of
from evals.runner.scoring import answer_of
from evals.runner.terms import Ask
from evals.safety import moderation
from evals.safety.scan import expected_of, service
from evals.scorers import Answer
from registry import work
from registry.models import Revision, User, Variant, WorkItem, WorkState
from registry.roles import require

log = logging.getLogger(__name__)

TRIAL_KIND = "case_trial"

SECONDS = 45
"""How long an answer and its grades may take all together: people watch, and the lease is 60 s."""

MOST_OPEN = 5
"""Trials one person may have under way: each costs a call."""


class CannotAsk(Exception):
    """The case cannot be asked now; the message says why and what to do."""


def live_revision(variant: Variant) -> Revision | None:
    """What a variant serves."""
    return Revision.objects.filter(variant=variant, releases__stage="live").first()


def ask_case(
    suite: Suite, row: Mapping[str, Any], variant: Variant, *, number: int | None, by: User
) -> WorkItem:
    """Queue one call of this row on a variant's live revision, or on the one of this number.

    NotAllowed, or CannotAsk where there is no such revision, nothing is asked, or the person
    has too many under way.
    """
    require(by, "run_evals", variant.tenant)
    if number is None:
        revision = live_revision(variant)
    else:
        revision = variant.revisions.filter(number=number).first()
    if revision is None:
        which = "live revision" if number is None else f"revision {number}"
        raise CannotAsk(f"{variant} has no {which}. Choose another one.")
    if not any(message["content"].strip() for message in row["messages"]):
        raise CannotAsk("The case asks nothing yet. Write what the customer asks.")
    under_way = WorkItem.objects.filter(
        kind=TRIAL_KIND, payload__by=by.pk, state__in=[WorkState.QUEUED, WorkState.LEASED]
    )
    if under_way.count() >= MOST_OPEN:
        raise CannotAsk(f"{MOST_OPEN} of your cases are being asked. Wait for their answers.")
    payload = {"by": by.pk, "suite": suite.pk, "row": dict(row), "revision": str(revision.pk)}
    return work.enqueue(TRIAL_KIND, f"{TRIAL_KIND}:{uuid.uuid4()}", payload)


def trial_of(pk: int, by: User) -> WorkItem | None:
    """A trial that this person asked for."""
    return WorkItem.objects.filter(pk=pk, kind=TRIAL_KIND, payload__by=by.pk).first()


def do_trial(item: WorkItem) -> None:
    """Ask, score and keep what came of it; a call that fails is an outcome and is not repeated."""
    ask, judges = _prepared(item)
    try:
        found = asyncio.run(_bounded(ask, judges))
    except (NoEndpoint, CallFailed, Later) as failure:
        found = {"error": str(failure)}
    except TimeoutError:
        found = {"error": f"No answer within {SECONDS} s. Ask again, or later."}
    _keep(item, found)


def give_up(item: WorkItem) -> None:
    """Tell whoever waits that there will be no answer."""
    failed = "It failed several times and was given up. Ask an operator for the log."
    WorkItem.objects.filter(pk=item.pk).update(payload={**item.payload, "found": {"error": failed}})


def _keep(item: WorkItem, found: Mapping[str, Any]) -> None:
    kept = WorkItem.objects.filter(pk=item.pk, token=item.token, state=WorkState.LEASED)
    kept.update(payload={**item.payload, "found": dict(found)})
    work.finish(item)


def _prepared(item: WorkItem) -> tuple[Ask, Mapping[str, Judge]]:
    """The call to make, and who may have to grade its answer."""
    suite = Suite.objects.get(pk=item.payload["suite"])
    revision = Revision.objects.select_related("model_target", "base_version").get(
        pk=item.payload["revision"]
    )
    case = _unsaved(suite, item.payload["row"])
    side = side_of(EvalRun(revision=revision), Arm.CANDIDATE)
    target = revision.model_target
    ask = Ask(
        0, uuid.uuid4(), side.arm, case, 0, "", target.provider, target.snapshot,
        side.messages(case), {}, side.prices,
    )  # fmt: skip
    return ask, judges_of(EvalRun(judges=pin(case.expectations), started_at=timezone.now()))


def _unsaved(suite: Suite, row: Mapping[str, Any]) -> Case:
    """The row as the case it would be, which is never stored."""
    return Case(
        suite_version=SuiteVersion(suite=suite), key=row["key"], messages=row["messages"],
        variables=row["variables"], tags=row["tags"], must_pass=row["must_pass"],
        expectations=row["expectations"], content_hash=content_hash(row),
    )  # fmt: skip


async def _bounded(ask: Ask, judges: Mapping[str, Judge]) -> dict[str, Any]:
    async with asyncio.timeout(SECONDS):
        endpoint = endpoint_of(ask.provider)
        async with open_session(endpoint) as session:
            reply = await complete(session, endpoint, ask.snapshot, ask.messages)
        cost = _cost(ask, reply)
        graded = await _graded(ask, answer_of(ask, reply, cost), judges)
    return {
        "answer": reply.text, "finish_reason": reply.finish_reason, "cost": cost,
        "latency_ms": round(reply.latency_ms), "tool_calls": list(reply.tool_calls),
        "tokens": reply.completion_tokens, **graded,
    }  # fmt: skip


def _cost(ask: Ask, reply: Reply) -> float | None:
    """USD, None where a price or a count is unknown."""
    if ask.prices is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return reply.prompt_tokens * ask.prices[0] + reply.completion_tokens * ask.prices[1]


async def _graded(ask: Ask, answer: Answer, judges: Mapping[str, Judge]) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session:
        moderate = moderation.asking(session, service()) if service().configured else None
        context = Context(
            question=ask.case.question, judges=judges, ask=_ask_judge, moderate=moderate
        )
        try:
            found = await scored(filter(_is_finished, expected_of(ask.case)), answer, context)
        except Exception as error:  # a scorer that fails must not hide the answer
            log.warning("A trial could not be scored: %s", error)
            return {"score": None, "details": [], "unscored": f"Cannot be scored: {error}"}
    return {
        "score": found.value, "details": _in_place(expected_of(ask.case), found.details),
        "unscored": found.unscored,
    }  # fmt: skip


def _is_finished(expectation: Mapping[str, Any]) -> bool:
    return not expectation_problem(expectation)


def _in_place(
    expectations: Sequence[Mapping[str, Any]], details: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """A row for each expectation; one that is not finished yet says what it lacks."""
    waiting = iter(details)
    return [
        {"scorer": one.get("scorer"), "value": None, "detail": problem}
        if (problem := expectation_problem(one))
        else next(waiting)
        for one in expectations
    ]


async def _ask_judge(judge: Judge, messages: Sequence[Mapping[str, Any]], seed: int) -> str:
    try:
        endpoint = endpoint_of(judge.provider)
        async with open_session(endpoint) as session:
            return (await complete(session, endpoint, judge.snapshot, messages, seed=seed)).text
    except (CallFailed, Later, NoEndpoint) as failure:
        raise JudgeFailed(str(failure)) from None
