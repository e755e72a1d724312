"""forbidden_absent: phrases that may not be said, however they are spelled."""

from __future__ import annotations

import re

from evals.scorers.base import Answer, Expectation, Score, passed, values_param
from registry.guardrails.text_view import WORD, readings, view_of

LONGEST = 20_000
"""Characters of an answer that are read."""


def forbidden_absent(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that one of ``values`` occurs as words of its own.

    Read as the guardrails read: case, accents, invisible characters, look-alike letters, spaced-out
    letters and what stands between the words do not hide a phrase. “guarantee” is not found in
    “guaranteed”; a phrase in a script without blanks is found anywhere.
    """
    said = _words(answer.text[:LONGEST])
    text = view_of(answer.text[:LONGEST]).text
    found = [value for value in values_param(expectation) if _occurs(value, said, text)]
    named = ", ".join(f"“{value}”" for value in found)
    return passed(not found, "Uses no forbidden phrase.", f"Says {named}.")


def _words(text: str) -> list[frozenset[str]]:
    """Each word as the set of what it may be read as."""
    return [frozenset(readings(word)) for word in WORD.findall(view_of(text).text)]


_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")


def _occurs(phrase: str, said: list[frozenset[str]], text: str) -> bool:
    if _WIDE.search(phrase):
        return view_of(phrase).text in text
    wanted = _words(phrase)
    return bool(wanted) and any(
        all(
            one & other
            for one, other in zip(wanted, said[start : start + len(wanted)], strict=True)
        )
        for start in range(len(said) - len(wanted) + 1)
    )
