"""Judges: prompts of kind judge that score answers, pinned by their run.

A runner calls `scored` once an answer is there: it scores every expectation of the case,
pure ones at once, asking ones through `context.ask`.
"""

from __future__ import annotations

from evals.judges.asking import asked, asked_of_labelled
from evals.judges.grading import Scored, grade, scored
from evals.judges.terms import Context, Grade, Judge, JudgeFailed, Moderate, Outcome

__all__ = [
    "Context",
    "Grade",
    "Judge",
    "JudgeFailed",
    "Moderate",
    "Outcome",
    "Scored",
    "asked",
    "asked_of_labelled",
    "grade",
    "scored",
]
