"""exact and starts_with: the answer's own words."""

from __future__ import annotations

from evals.scorers.base import Answer, Expectation, Score, folded, passed, text_param, values_param


def exact(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer is not ``value``, blanks at both ends aside."""
    wanted = folded(expectation, text_param(expectation, "value")).strip()
    same = folded(expectation, answer.text).strip() == wanted
    return passed(same, "Exactly as expected.", "Not the expected text.")


def starts_with(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer opens with none of ``values``."""
    text = folded(expectation, answer.text.lstrip())
    values = values_param(expectation)
    hit = any(text.startswith(folded(expectation, value)) for value in values)
    opening = answer.text.strip()[:40]
    return passed(hit, "Opens as expected.", f"Opens with “{opening}”.")
