"""regex: a pattern that must (or must not) be found.

Python's ``re`` cannot be given a time limit, so costly patterns are refused before they run. A
repeat may not stand inside a repeat, nor hold alternatives (``(a+)+``, ``(a|ab)*``; optional
groups may), and the product of all repeat counts, an open one counting as the text's cap, must
stay within 50,000. With that the search takes at most about (characters x 50,000) steps, some
seconds for a hostile pattern, and in practice well under a millisecond. Back references are
refused. Only the first 4,000 characters are searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from evals.scorers.base import Answer, Expectation, ExpectationError, Score, passed, text_param

LONGEST_PATTERN = 300
LONGEST_TEXT = 4_000
LARGEST_PRODUCT = 50_000
_REPEATS = frozenset(
    {codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", codes.MAX_REPEAT)}
)


def regex(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that ``pattern`` is not found (or, with ``absent: true``, that it is).

    Case is ignored unless ``case: true``. Raises ExpectationError for a pattern that is refused.
    """
    pattern = compiled(text_param(expectation, "pattern"), bool(expectation.get("case")))
    found = pattern.search(answer.text[:LONGEST_TEXT]) is not None
    if expectation.get("absent"):
        return passed(not found, "The pattern does not occur.", "The pattern occurs.")
    return passed(found, "The pattern occurs.", "The pattern does not occur.")


@lru_cache(maxsize=2048)
def compiled(pattern: str, case: bool) -> re.Pattern[str]:
    """The compiled pattern. Raises ExpectationError where it is invalid or too costly."""
    if len(pattern) > LONGEST_PATTERN:
        raise ExpectationError(f"A pattern has at most {LONGEST_PATTERN} characters.")
    try:
        product = _cost(parser.parse(pattern), repeated=False)
        ready = re.compile(pattern, 0 if case else re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as wrong:
        raise ExpectationError(f"The pattern is not valid: {wrong}.") from wrong
    if product > LARGEST_PRODUCT:
        raise ExpectationError("The pattern repeats too much; write .{0,80} instead of .* or .+.")
    return ready


def _cost(items: Any, *, repeated: bool) -> int:
    product = 1
    for code, argument in items:
        if code is codes.GROUPREF or code is codes.GROUPREF_EXISTS:
            raise ExpectationError("Back references are not allowed in a pattern.")
        if code is codes.BRANCH and repeated:
            raise ExpectationError("A repeat must not hold alternatives; repeat one thing.")
        inside = repeated
        if code in _REPEATS:
            most = argument[1]
            if repeated and most > 1:
                raise ExpectationError("A repeat must not stand inside a repeat.")
            inside = repeated or most > 1
            product *= LONGEST_TEXT if most is codes.MAXREPEAT else max(1, most)
        for branch in _inner(argument):
            product *= _cost(branch, repeated=inside)
    return product


def _inner(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for one in argument:
            yield from _inner(one)
