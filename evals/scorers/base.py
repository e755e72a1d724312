"""What every scorer takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Expectation = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer of a model, as scorers see it.

    Latency is in milliseconds, cost in US dollars (None where no price is known). `tool_calls`
    are the calls the model asked for, as `{"name": ..., "arguments": {...}}` or in the shape of
    OpenAI's chat completion. `canary` is the token planted in the prompt for this case, if any.
    """

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)
    cost: float | None = None
    tool_calls: Sequence[Mapping[str, Any]] = ()
    canary: str = ""


@dataclass(frozen=True)
class Score:
    """How well an answer meets one expectation, 0..1 (it passes from 0.5), and why, in words."""

    value: float
    detail: str


Scorer = Callable[[Expectation, Answer], Score]


class ExpectationError(ValueError):
    """An expectation that cannot be scored; the message says what is wrong with it."""


class MissingExtra(ExpectationError):
    """The scorer needs an optional package that is not installed; the message names it."""


class NotScorable(Exception):
    """This answer lacks what the scorer reads (a price, a planted token): neither pass nor fail."""


def passed(condition: bool, good: str, bad: str) -> Score:
    """A score of 1 with one sentence, or 0 with the other."""
    return Score(1.0, good) if condition else Score(0.0, bad)


def rescaled(similarity: float, at_least: float) -> float:
    """A similarity 0..1 as a score that reaches 0.5 exactly at `at_least`; linear on both sides."""
    if similarity < at_least:
        return min(0.4999, 0.5 * similarity / at_least)
    return 0.5 + 0.5 * (similarity - at_least) / (1 - at_least) if at_least < 1 else 1.0


def text_param(expectation: Expectation, name: str) -> str:
    """A required text parameter. Raises ExpectationError where it is missing or empty."""
    value = expectation.get(name)
    if not isinstance(value, str) or not value:
        raise ExpectationError(f"`{expectation.get('scorer')}` needs `{name}`: a text.")
    return value


def values_param(expectation: Expectation, name: str = "values") -> list[str]:
    """A required list of texts. Raises ExpectationError unless it is one and not empty."""
    values = expectation.get(name)
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise ExpectationError(f"`{expectation.get('scorer')}` needs `{name}`: a list of texts.")
    return values


def number_param(
    expectation: Expectation, name: str, *, default: float | None = None,
    lowest: float = 0.0, highest: float = float("inf"),
) -> float:  # fmt: skip
    """A number parameter within bounds, `default` where it is left out.

    Raises ExpectationError for anything else, and where it is left out and has no default.
    """
    value = expectation.get(name)
    if value is None and default is not None:
        return default
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if not known or not lowest <= value <= highest:  # type: ignore[operator]
        bounds = f"from {lowest:g} to {highest:g}" if highest < float("inf") else f"from {lowest:g}"
        raise ExpectationError(f"`{expectation.get('scorer')}` needs `{name}`: a number {bounds}.")
    return float(value)  # type: ignore[arg-type]


def folded(expectation: Expectation, text: str) -> str:
    """``text`` ready to compare: case is ignored unless the expectation says ``case: true``.

    Typographic apostrophes and quotes count as straight ones, since models mix them.
    """
    for fancy, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"')):
        text = text.replace(fancy, plain)
    return text if expectation.get("case") else text.casefold()
