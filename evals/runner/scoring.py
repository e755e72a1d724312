"""From a reply to a row: what the scorers say of it, and what is stored."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from evals.answers import token_of
from evals.judges import Context, Scored, scored
from evals.model_client import CallFailed, Reply
from evals.models import CaseResult, EvalRun, Outcome
from evals.runner.storing import Row
from evals.runner.terms import Answered, Ask
from evals.safety.scan import expected_of
from evals.scorers import ASKING, Answer

log = logging.getLogger(__name__)

NOBODY = Context("")
"""Of no use to a scorer that asks nobody."""


def takes_calls(expectations: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of the expectations is graded by a judge or a service."""
    return any(one.get("scorer") in ASKING for one in expectations)


def answer_of(ask: Ask, reply: Reply, cost: float | None) -> Answer:
    """The reply as scorers see it."""
    return Answer(
        text=reply.text, finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens or 0, completion_tokens=reply.completion_tokens or 0,
        latency_ms=reply.latency_ms, variables=ask.case.variables, cost=cost,
        tool_calls=reply.tool_calls, canary=token_of(ask.case),
    )  # fmt: skip


def row_of(run: EvalRun, fresh: bool, answered: Answered) -> Row:
    """The row of one call. An answer that cannot be scored is said to be so, not to fail."""
    ask, reply = answered.ask, answered.reply
    row: Row = {
        "run_id": str(run.id), "arm": ask.arm, "case_id": ask.case.id, "repeat": ask.repeat,
        "fresh": fresh,
    }  # fmt: skip
    if isinstance(reply, CallFailed):
        return row | {"outcome": Outcome.ERROR.value, "error": str(reply)}
    cost = _cost(ask, reply)
    found = answered.scored or plainly_scored(ask, answer_of(ask, reply, cost))
    own = 0.0 if ask.taken_from is not None else cost
    return row | {
        "outcome": (Outcome.UNSCORED if found.value is None else Outcome.ANSWERED).value,
        "score": found.value, "details": found.details, "error": found.unscored,
        "answer": reply.text, "tool_calls": reply.tool_calls, "answer_key": ask.key,
        "finish_reason": reply.finish_reason[:40], "latency_ms": reply.latency_ms,
        "prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens,
        "taken_from_id": ask.taken_from,
        "cost": None if own is None else f"{own + answered.graded_for:.8f}",
    }  # fmt: skip


def _cost(ask: Ask, reply: Reply) -> float | None:
    """What the answer cost in USD, None where a price or a count is unknown."""
    if ask.prices is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return reply.prompt_tokens * ask.prices[0] + reply.completion_tokens * ask.prices[1]


def plainly_scored(ask: Ask, answer: Answer) -> Scored:
    """The score of a case none of whose expectations takes a call: then nothing is awaited,
    and the coroutine comes to its end at once.
    """
    grading = scored(expected_of(ask.case), answer, NOBODY)
    try:
        grading.send(None)
    except StopIteration as end:
        found: Scored = end.value
        return found
    except Exception as error:
        log.warning("Case %s cannot be scored: %s", ask.case.pk, error)
        return Scored(None, (), f"Cannot be scored: {error}")
    raise AssertionError("an expectation that is not among ASKING waited for something")


def reply_of(row: CaseResult) -> Reply:
    """An answer that was had before, as if it came now."""
    return Reply(
        text=row.answer, finish_reason=row.finish_reason, prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens, latency_ms=row.latency_ms or 0.0,
        tool_calls=tuple(row.tool_calls),
    )  # fmt: skip
