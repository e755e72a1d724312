"""json_valid and length: the outer form of an answer."""

from __future__ import annotations

import json

from evals.scorers.base import Answer, Expectation, ExpectationError, Score, passed


def json_valid(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the whole answer is not one JSON value, or lacks one of ``keys``.

    A code fence or a sentence around the JSON is a failure: programs read this.
    """
    try:
        value = json.loads(answer.text)
    except (ValueError, RecursionError):
        return Score(0.0, "The answer is not JSON on its own.")
    keys = expectation.get("keys") or []
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    return passed(not missing, "Valid JSON.", f"JSON without {', '.join(map(str, missing))}.")


def length(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means more than ``max_words`` or ``max_chars``, or fewer than ``min_words``.

    Words are split at blanks; for scripts without blanks (Japanese, Chinese, Thai) limit
    characters.
    """
    words, chars = len(answer.text.split()), len(answer.text)
    limits = {name: expectation.get(name) for name in ("max_words", "max_chars", "min_words")}
    if not any(isinstance(limit, int) for limit in limits.values()):
        raise ExpectationError("`length` needs max_words, max_chars or min_words.")
    said = f"{words} words, {chars} characters"
    ok = (
        words <= (limits["max_words"] or words)
        and chars <= (limits["max_chars"] or chars)
        and words >= (limits["min_words"] or 0)
    )
    return passed(ok, f"{said}.", f"{said}: outside the limit.")
