"""What every scorer takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Expectation = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer of a model, as scorers see it. Latency is in milliseconds."""

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How well an answer meets one expectation, 0..1 (it passes from 0.5), and why, in words."""

    value: float
    detail: str


Scorer = Callable[[Expectation, Answer], Score]


class ExpectationError(ValueError):
    """An expectation that cannot be scored; the message says what is wrong with it."""


def passed(condition: bool, good: str, bad: str) -> Score:
    """A score of 1 with one sentence, or 0 with the other."""
    return Score(1.0, good) if condition else Score(0.0, bad)


def text_param(expectation: Expectation, name: str) -> str:
    """A required text parameter. Raises ExpectationError where it is missing or empty."""
    value = expectation.get(name)
    if not isinstance(value, str) or not value:
        raise ExpectationError(f"`{expectation.get('scorer')}` needs `{name}`: a text.")
    return value


def values_param(expectation: Expectation) -> list[str]:
    """The required list ``values``. Raises ExpectationError unless it is a list of texts."""
    values = expectation.get("values")
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise ExpectationError(f"`{expectation.get('scorer')}` needs `values`: a list of texts.")
    return values


def folded(expectation: Expectation, text: str) -> str:
    """``text`` ready to compare: case is ignored unless the expectation says ``case: true``.

    Typographic apostrophes and quotes count as straight ones, since models mix them.
    """
    for fancy, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"')):
        text = text.replace(fancy, plain)
    return text if expectation.get("case") else text.casefold()
