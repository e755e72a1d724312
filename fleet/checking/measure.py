"""Ask the models what a candidate and its live text answer, and let the gate decide."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import model_client
from evals.gate import decide, to_confirm
from evals.model_client import CallFailed, Endpoint
from evals.scorers import ASKING, Answer, score
from evals.verdicts import PASS_FROM, CasePair, Decision, Thresholds
from fleet.checking.candidates import Candidate
from registry.render import render


@dataclass(frozen=True)
class Measured:
    """The verdict, and every must-pass case of the candidate as (name, held)."""

    decision: Decision
    contract: tuple[tuple[str, bool], ...]


def measure(candidate: Candidate, endpoint: Endpoint, repeats: int) -> Measured:
    """Ask every case in both arms `repeats` times, and what looks worse as often again.

    Without a live text the candidate stands alone. A call that could not be had counts as an
    error and never as a failed case. What only a judge could score is left out.
    """
    thresholds = Thresholds(candidate.min_pass_rate, candidate.margin)
    places = range(len(candidate.cases))
    seen = _ask(candidate, endpoint, places, range(repeats))
    again = set(to_confirm(thresholds, _pairs(candidate, seen)))
    suspects = [place for place in places if candidate.cases[place]["key"] in again]
    fresh = _ask(candidate, endpoint, suspects, range(repeats, repeats + CONFIRM))
    calls = [scores for asked in (seen, fresh) for arm in asked.arms for scores in arm.values()]
    planned = repeats * len(seen.arms) * len(places) + CONFIRM * len(fresh.arms) * len(suspects)
    return Measured(
        decide(
            thresholds, _pairs(candidate, seen), reserve=_pairs(candidate, fresh),
            errors=planned - sum(map(len, calls)), calls=planned,
        ),
        tuple(
            (case["key"], bool(seen.new[place]) and min(seen.new[place]) >= PASS_FROM)
            for place, case in enumerate(candidate.cases)
            if case["must_pass"]
        ),
    )  # fmt: skip


CONFIRM = 5
"""Fresh repeats of a case that looks worse, as in a run of the product."""

Scores = dict[int, list[float]]
"""Place of a case -> the scores of the repeats that were answered."""


@dataclass(frozen=True)
class _Asked:
    old: Scores
    new: Scores

    @property
    def arms(self) -> list[Scores]:
        """One where the candidate stands for both."""
        return [self.new] if self.old is self.new else [self.old, self.new]


def _ask(
    candidate: Candidate, endpoint: Endpoint, places: Sequence[int], seeds: Sequence[int]
) -> _Asked:
    new = asyncio.run(_ask_all(candidate, candidate.text, endpoint, places, seeds))
    if candidate.old is None:
        return _Asked(new, new)
    return _Asked(asyncio.run(_ask_all(candidate, candidate.old, endpoint, places, seeds)), new)


def _pairs(candidate: Candidate, asked: _Asked) -> list[CasePair]:
    return [
        CasePair(
            case["key"], tuple(case["tags"]), case["must_pass"],
            tuple(asked.old[place]), tuple(asked.new[place]),
        )
        for place, case in enumerate(candidate.cases)
        if asked.old.get(place) and asked.new.get(place)
    ]  # fmt: skip


async def _ask_all(
    candidate: Candidate,
    text: str,
    endpoint: Endpoint,
    places: Sequence[int],
    seeds: Sequence[int],
) -> Scores:
    found: Scores = {place: [] for place in places}
    todo = itertools.product(places, seeds)

    async def worker(session: Any) -> None:
        for place, seed in todo:
            case = candidate.cases[place]
            messages = _messages(text, candidate.variables, case)
            try:
                reply = await model_client.complete(
                    session, endpoint, candidate.snapshot, messages, seed=seed
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
    plain = [one for one in case["expectations"] if one["scorer"] not in ASKING]
    return min((score(one, answer).value for one in plain), default=1.0)
