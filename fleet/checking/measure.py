"""Ask the models what a candidate and its live text answer, and let the gate decide."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import model_client
from evals.gate import decide
from evals.model_client import CallFailed, Endpoint
from evals.scorers import Answer, score
from evals.verdicts import PASS_FROM, CasePair, Decision, Thresholds
from fleet.checking.candidates import Candidate
from registry.render import render


@dataclass(frozen=True)
class Measured:
    """The verdict, and every must-pass case of the candidate as (name, held)."""

    decision: Decision
    contract: tuple[tuple[str, bool], ...]


def measure(candidate: Candidate, endpoint: Endpoint, repeats: int) -> Measured:
    """Ask every case in both arms `repeats` times; without a live text the candidate stands alone.

    A call that could not be had counts as an error and never as a failed case.
    """
    new = _scores(candidate, candidate.text, endpoint, repeats)
    old = new if candidate.old is None else _scores(candidate, candidate.old, endpoint, repeats)
    arms = [new] if old is new else [old, new]
    errors = sum(repeats - len(scores) for arm in arms for scores in arm)
    pairs = [
        CasePair(
            case["key"], tuple(case["tags"]), case["must_pass"], tuple(before), tuple(after)
        )
        for case, before, after in zip(candidate.cases, old, new, strict=True)
        if before and after
    ]  # fmt: skip
    thresholds = Thresholds(candidate.min_pass_rate, candidate.margin)
    return Measured(
        decide(thresholds, pairs, errors=errors),
        tuple(
            (case["key"], bool(scores) and min(scores) >= PASS_FROM)
            for case, scores in zip(candidate.cases, new, strict=True)
            if case["must_pass"]
        ),
    )


def _scores(candidate: Candidate, text: str, endpoint: Endpoint, repeats: int) -> list[list[float]]:
    """Case -> the scores of the repeats that were answered."""
    return asyncio.run(_ask_all(candidate, text, endpoint, repeats))


async def _ask_all(
    candidate: Candidate, text: str, endpoint: Endpoint, repeats: int
) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in candidate.cases]
    todo = itertools.product(range(len(candidate.cases)), range(repeats))

    async def worker(session: Any) -> None:
        for place, repeat in todo:
            case = candidate.cases[place]
            messages = _messages(text, candidate.variables, case)
            try:
                reply = await model_client.complete(
                    session, endpoint, candidate.snapshot, messages, seed=repeat
                )
            except CallFailed:
                continue
            found[place].append(_score(case, reply))

    async with model_client.open_session(endpoint) as session:
        await asyncio.gather(*(worker(session) for _ in range(endpoint.concurrency)))
    return found


def _messages(
    text: str, names: Sequence[str], case: Mapping[str, Any]
) -> tuple[dict[str, Any], ...]:
    values = {name: str(case["variables"].get(name, "")) for name in names}
    return ({"role": "system", "content": render(text, values)}, *case["messages"])


def _score(case: Mapping[str, Any], reply: model_client.Reply) -> float:
    answer = Answer(
        text=reply.text, finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens or 0, completion_tokens=reply.completion_tokens or 0,
        latency_ms=reply.latency_ms, variables=case["variables"],
    )  # fmt: skip
    return min((score(one, answer).value for one in case["expectations"]), default=1.0)
