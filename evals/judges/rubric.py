"""llm_judge: a judge says pass or fail by criteria, the majority of its verdicts decides."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from evals.judges.asking import asked
from evals.judges.reading import RUBRIC, Said, read
from evals.judges.terms import Ask, Context, Grade, Judge, JudgeFailed
from evals.judges.voting import UNREAD, majority
from evals.scorers import Answer, Expectation, ExpectationError
from evals.scorers.base import text_param

MOST_REPEATS = 9


async def llm_judge(expectation: Expectation, answer: Answer, context: Context) -> Grade:
    """0 or 1: the majority of ``repeats`` verdicts (1 where left out)."""
    judge, missing = judge_of(expectation, context)
    if judge is None or context.ask is None:
        return missing
    messages = asked(
        judge.text, question=context.question, answer=answer.text,
        criteria=text_param(expectation, "criteria"),
        reference=str(expectation.get("reference") or ""),
    )  # fmt: skip
    try:
        said = await verdicts(context.ask, judge, messages, expectation, context.seed, RUBRIC)
    except JudgeFailed as failure:
        return Grade(None, f"{judge.slug}: {failure}", "failed", judge.calibrated)
    outcome, verdict = majority(said)
    votes = votes_of(said)
    if outcome != "scored":
        return Grade(None, explained(judge, outcome, votes), outcome, judge.calibrated, votes)
    why = next((one.why for one in said if one.verdict == verdict and one.why), "")
    detail = f"{judge.slug}: {verdict}. {why}".strip()
    return Grade(float(verdict == "pass"), detail, "scored", judge.calibrated, votes)


def judge_of(expectation: Expectation, context: Context) -> tuple[Judge | None, Grade]:
    """The judge an expectation names, as the run pinned it; or the grade that says it lacks."""
    slug = text_param(expectation, "judge")
    gone = Grade(None, f"There is no live judge called {slug}.", "missing")
    return context.judges.get(slug), gone


async def verdicts(
    ask: Ask, judge: Judge, messages: Sequence[dict[str, Any]], expectation: Expectation,
    seed: int, allowed: Collection[str],
) -> list[Said]:  # fmt: skip
    """The verdicts of ``repeats`` askings, told apart by their seed; JudgeFailed if one fails."""
    times = repeats_of(expectation)
    seeds = range(seed * MOST_REPEATS, seed * MOST_REPEATS + times)
    replies = await asyncio.gather(*(ask(judge, messages, one) for one in seeds))
    return [read(reply, allowed) for reply in replies]


def repeats_of(expectation: Expectation) -> int:
    """How often a judge is asked; ExpectationError unless 1, 3, 5, 7 or 9."""
    times = expectation.get("repeats") or 1
    if not isinstance(times, int) or not 1 <= times <= MOST_REPEATS or times % 2 == 0:
        raise ExpectationError("`repeats` is 1, 3, 5, 7 or 9.")
    return times


def votes_of(said: Sequence[Said]) -> tuple[str, ...]:
    """The single verdicts, as stored beside the score."""
    return tuple(one.verdict or UNREAD for one in said)


def explained(judge: Judge, outcome: str, votes: Sequence[str]) -> str:
    """Why a judgement has no value, in words."""
    if outcome == "unparsed":
        return f"{judge.slug}: its reply is no verdict alone, so it is not counted."
    return f"{judge.slug}: unstable, it said {', '.join(votes)}."
