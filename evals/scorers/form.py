"""json_valid and length: the outer form of an answer."""

from __future__ import annotations

from evals.scorers.base import Answer, Expectation, ExpectationError, Score, passed
from evals.scorers.json_text import value_in


def json_valid(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the whole answer is not one JSON value, or lacks one of ``keys``.

    A code fence or a sentence around the JSON is a failure, since programs read this; with
    ``anywhere: true`` it is not, and the first JSON object or list in the answer counts.
    """
    anywhere = bool(expectation.get("anywhere"))
    try:
        value = value_in(answer.text, anywhere=anywhere)
    except ValueError:
        where = "There is no JSON in the answer." if anywhere else "The answer is not JSON alone."
        return Score(0.0, where)
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
