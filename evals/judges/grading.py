"""Grade an answer: what asks a judge or a service, and the whole case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evals.judges.moderating import moderation
from evals.judges.pairwise import pairwise
from evals.judges.rubric import llm_judge
from evals.judges.terms import Context, Grade
from evals.scorers import (
    ASKING,
    PASS_FROM,
    Answer,
    Expectation,
    MissingExtra,
    NotScorable,
    score,
)

Grader = Callable[[Expectation, Answer, Context], Awaitable[Grade]]

GRADERS: Mapping[str, Grader] = {
    "llm_judge": llm_judge,
    "moderation": moderation,
    "pairwise": pairwise,
}


@dataclass(frozen=True)
class Scored:
    """A case's score: the weakest value that counts; None where one that counts has no value.

    A case that fails by another expectation has failed, whatever the missing one would have said.

    `details` has one row an expectation, in their order: scorer, value and detail; where a judge
    or a service was asked, or there is no value, also outcome, counts and votes. `unscored` says
    in words why the case has no score.
    """

    value: float | None
    details: tuple[dict[str, Any], ...]
    unscored: str = ""


async def scored(expectations: Iterable[Expectation], answer: Answer, context: Context) -> Scored:
    """Score a whole case. Judges are asked even where another expectation fails already.

    Where all that is expected is judged by uncalibrated judges, nothing was measured: no score.
    """
    graded = [(one, await _graded(one, answer, context)) for one in expectations]
    counting = [one for _, one in graded if one.counts]
    unscored = next((one.detail for one in counting if one.value is None), "")
    if graded and not counting:
        unscored = "Only reported: its judge is not calibrated."
    value = min((one.value for one in counting if one.value is not None), default=1.0)
    details = tuple(_row(expectation, one) for expectation, one in graded)
    if unscored and value >= PASS_FROM:
        return Scored(None, details, unscored)
    return Scored(value, details)


async def grade(expectation: Expectation, answer: Answer, context: Context) -> Grade:
    """Grade one expectation of an asking scorer (`evals.scorers.ASKING`).

    Never raises for what a judge does: that is an outcome. Raises ExpectationError where the
    expectation itself is wrong.
    """
    return await GRADERS[expectation["scorer"]](expectation, answer, context)


async def _graded(expectation: Expectation, answer: Answer, context: Context) -> Grade:
    if expectation.get("scorer") in ASKING:
        return await grade(expectation, answer, context)
    try:
        plain = score(expectation, answer)
    except (MissingExtra, NotScorable) as why:
        return Grade(None, str(why), "missing")
    return Grade(plain.value, plain.detail)


def _row(expectation: Expectation, graded: Grade) -> dict[str, Any]:
    row = {
        "scorer": expectation.get("scorer"), "value": graded.value, "detail": graded.detail,
    }  # fmt: skip
    if expectation.get("scorer") in ASKING or graded.value is None:
        row |= {"outcome": graded.outcome, "counts": graded.counts, "votes": list(graded.votes)}
    return row
