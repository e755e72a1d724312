"""contains_all, contains_any, not_contains: texts that must or must not occur."""

from __future__ import annotations

from evals.scorers.base import Answer, Expectation, Score, folded, passed, values_param


def _found(expectation: Expectation, answer: Answer) -> list[str]:
    text = folded(expectation, answer.text)
    return [value for value in values_param(expectation) if folded(expectation, value) in text]


def contains_all(expectation: Expectation, answer: Answer) -> Score:
    """0..1, the share of ``values`` found, but never 0.5 or more unless all are.

    Failure means that something the answer had to say is missing. Case is ignored unless ``case``.
    """
    values, found = values_param(expectation), _found(expectation, answer)
    if len(found) == len(values):
        return Score(1.0, "Everything expected is there.")
    missing = ", ".join(f"“{value}”" for value in values if value not in found)
    return Score(len(found) / len(values) * 0.49, f"Missing: {missing}.")


def contains_any(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that none of ``values`` occurs. Case is ignored unless ``case``."""
    found = _found(expectation, answer)
    wanted = ", ".join(f"“{value}”" for value in values_param(expectation))
    return passed(bool(found), f"Says “{found[0] if found else ''}”.", f"Says none of {wanted}.")


def not_contains(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer says one of ``values`` (case as above)."""
    found = ", ".join(f"“{value}”" for value in _found(expectation, answer))
    return passed(not found, "Says none of what it must not.", f"Says {found}.")
