"""Scorers: does an answer do what a case expects. A new one is written and named in SCORERS."""

from __future__ import annotations

from collections.abc import Iterable

from evals.scorers.base import Answer, Expectation, ExpectationError, Score, Scorer
from evals.scorers.citations import citation_present
from evals.scorers.contains import contains_all, contains_any, not_contains
from evals.scorers.exact import exact, starts_with
from evals.scorers.form import json_valid, length
from evals.scorers.language import language
from evals.scorers.refusals import non_refusal, refusal
from evals.scorers.regex import regex

__all__ = ["SCORERS", "Answer", "ExpectationError", "Score", "score", "score_case"]

PASS_FROM = 0.5  # a score of this much or more is a pass; the contract's line

SCORERS: dict[str, Scorer] = {
    "citation_present": citation_present,
    "contains_all": contains_all,
    "contains_any": contains_any,
    "exact": exact,
    "json_valid": json_valid,
    "language": language,
    "length": length,
    "non_refusal": non_refusal,
    "not_contains": not_contains,
    "refusal": refusal,
    "regex": regex,
    "starts_with": starts_with,
}


def score(expectation: Expectation, answer: Answer) -> Score:
    """Score one expectation. Raises ExpectationError where scorer or parameters are wrong."""
    name = expectation.get("scorer")
    scorer = SCORERS.get(name) if isinstance(name, str) else None
    if scorer is None:
        raise ExpectationError(f"There is no scorer called {name!r}. Known: {', '.join(SCORERS)}.")
    return scorer(expectation, answer)


def score_case(expectations: Iterable[Expectation], answer: Answer) -> Score:
    """The score of a case: its weakest expectation. A case without expectations scores 1."""
    scores = [score(expectation, answer) for expectation in expectations]
    return min(scores, key=lambda one: one.value, default=Score(1.0, "Nothing was expected."))
