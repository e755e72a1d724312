"""edit_similarity: how few letters would have to change."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

from evals.scorers.base import (
    Answer,
    Expectation,
    Score,
    folded,
    number_param,
    rescaled,
    text_param,
)

AT_LEAST = 0.8
LONGEST = 10_000
"""Characters of either text that are compared."""


def edit_similarity(expectation: Expectation, answer: Answer) -> Score:
    """0 to 1; 0.5 where the similarity is ``at_least`` (0.8 where left out).

    The similarity is 1 less Levenshtein's distance divided by the longer text's length. Failure
    means that the answer's letters differ too much from ``value``; case counts with ``case``.
    """
    at_least = number_param(expectation, "at_least", default=AT_LEAST, highest=1)
    ideal = folded(expectation, text_param(expectation, "value")).strip()[:LONGEST]
    found = Levenshtein.normalized_similarity(
        ideal, folded(expectation, answer.text).strip()[:LONGEST]
    )
    return Score(rescaled(found, at_least), f"{found:.0%} the same letters, at least {at_least:g}.")
