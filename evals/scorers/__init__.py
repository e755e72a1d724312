"""Scorers: does an answer do what a case expects.

A new one is a small file, named in SCORERS here and described in `catalogue`; those that ask a
model or a service are named in ASKING and live in `evals.judges`.
"""

from __future__ import annotations

from collections.abc import Iterable

from evals.scorers.base import (
    Answer,
    Expectation,
    ExpectationError,
    MissingExtra,
    NotScorable,
    Score,
    Scorer,
)
from evals.scorers.bleu import bleu
from evals.scorers.canary import canary_absent
from evals.scorers.catalogue import CATALOGUE
from evals.scorers.citations import citation_present
from evals.scorers.contains import contains_all, contains_any, not_contains
from evals.scorers.edits import edit_similarity
from evals.scorers.effort import cost, latency
from evals.scorers.embedding import embedding_similarity
from evals.scorers.exact import exact, starts_with
from evals.scorers.forbidden import forbidden_absent
from evals.scorers.form import json_valid, length
from evals.scorers.json_schema import json_schema
from evals.scorers.label import label
from evals.scorers.language import language
from evals.scorers.refusals import non_refusal, refusal
from evals.scorers.regex import regex
from evals.scorers.rouge import rouge_l
from evals.scorers.tools import tool_call

__all__ = [
    "ASKING",
    "PASS_FROM",
    "SCORERS",
    "Answer",
    "Expectation",
    "ExpectationError",
    "MissingExtra",
    "NotScorable",
    "Score",
    "check",
    "score",
    "score_case",
]

PASS_FROM = 0.5  # a score of this much or more is a pass; the contract's line

SCORERS: dict[str, Scorer] = {
    "bleu": bleu,
    "canary_absent": canary_absent,
    "citation_present": citation_present,
    "contains_all": contains_all,
    "contains_any": contains_any,
    "cost": cost,
    "edit_similarity": edit_similarity,
    "embedding_similarity": embedding_similarity,
    "exact": exact,
    "forbidden_absent": forbidden_absent,
    "json_schema": json_schema,
    "json_valid": json_valid,
    "label": label,
    "language": language,
    "latency": latency,
    "length": length,
    "non_refusal": non_refusal,
    "not_contains": not_contains,
    "refusal": refusal,
    "regex": regex,
    "rouge_l": rouge_l,
    "starts_with": starts_with,
    "tool_call": tool_call,
}

ASKING = frozenset(name for name, entry in CATALOGUE.items() if entry.asking)
"""Scorers that call a model or a service: `evals.judges.grade`, never `score`."""


def score(expectation: Expectation, answer: Answer) -> Score:
    """Score one expectation of a scorer that calls nobody.

    Raises ExpectationError where scorer or parameters are wrong, NotScorable where the answer
    lacks what the scorer reads.
    """
    name = expectation.get("scorer")
    scorer = SCORERS.get(name) if isinstance(name, str) else None
    if scorer is None:
        raise ExpectationError(f"There is no scorer called {name!r}. Known: {', '.join(SCORERS)}.")
    return scorer(expectation, answer)


def check(expectation: Expectation) -> None:
    """ExpectationError for what could never be scored: an unknown scorer, a wrong parameter."""
    name = expectation.get("scorer")
    if isinstance(name, str) and name in ASKING:
        for one in CATALOGUE[name].parameters:
            if one.required and not isinstance(expectation.get(one.name), str):
                raise ExpectationError(f"`{name}` needs `{one.name}`: a text.")
        return
    try:
        score(expectation, Answer(text=""))
    except NotScorable:
        return


def score_case(expectations: Iterable[Expectation], answer: Answer) -> Score:
    """The score of a case: its weakest expectation. A case without expectations scores 1."""
    scores = [score(expectation, answer) for expectation in expectations]
    return min(scores, key=lambda one: one.value, default=Score(1.0, "Nothing was expected."))
