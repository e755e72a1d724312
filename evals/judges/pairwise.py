"""pairwise: does a judge like the new answer as well as the old, asked in both orders."""

from __future__ import annotations

import asyncio

from evals.judges.asking import asked
from evals.judges.reading import PAIRWISE
from evals.judges.rubric import explained, judge_of, verdicts, votes_of
from evals.judges.terms import Context, Grade, JudgeFailed
from evals.judges.voting import both_orders
from evals.scorers import Answer, Expectation
from evals.scorers.base import text_param

SHOWN = {"A": (1.0, "prefers the new answer"), "B": (0.0, "prefers the old answer")}


async def pairwise(expectation: Expectation, answer: Answer, context: Context) -> Grade:
    """1: the new answer is preferred, 0: the old one, 0.5: a tie in both orders.

    The old answer itself scores 0.5 without asking, so that the two arms can be compared.
    """
    judge, missing = judge_of(expectation, context)
    criteria = text_param(expectation, "criteria")
    if judge is None or context.ask is None:
        return missing
    if context.baseline:
        return Grade(0.5, "This is the old answer itself.", "tie", judge.calibrated)
    if context.other is None:
        return Grade(None, "There is no old answer to compare with.", "missing", judge.calibrated)
    if context.other.strip() == answer.text.strip():
        return Grade(0.5, "Old and new answer are the same.", "tie", judge.calibrated)
    orders = [
        asked(judge.text, question=context.question, answer=a, other=b, criteria=criteria)
        for a, b in ((answer.text, context.other), (context.other, answer.text))
    ]
    try:
        first, second = await asyncio.gather(
            *(
                verdicts(context.ask, judge, order, expectation, context.seed, PAIRWISE)
                for order in orders
            )
        )
    except JudgeFailed as failure:
        return Grade(None, f"{judge.slug}: {failure}", "failed", judge.calibrated)
    outcome, preferred = both_orders(first, second)
    votes = (*votes_of(first), *votes_of(second))
    if outcome == "tie":
        return Grade(0.5, f"{judge.slug}: no difference.", "tie", judge.calibrated, votes)
    if outcome != "scored":
        return Grade(None, explained(judge, outcome, votes), outcome, judge.calibrated, votes)
    value, said = SHOWN[preferred]
    return Grade(value, f"{judge.slug}: {said}.", "scored", judge.calibrated, votes)
