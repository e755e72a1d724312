"""Two answers to one question, with marks on the words that differ."""

from __future__ import annotations

from rapidfuzz import fuzz

from registry.diff import Span, side_by_side

ALIKE = 55
"""Likeness (0 to 100, rapidfuzz's ratio) from which marks help: below it all would be marked."""

SHORTEST = 40
"""Characters from which marks help; a shorter answer is read at a glance."""

LONGEST = 6_000
"""Characters of an answer that are compared; longer answers are shown without marks."""


def marked(old: str, new: str) -> tuple[list[Span], list[Span]]:
    """The spans of both answers: `removed` in the old one, `added` in the new, else `same`.

    Joined they give the answers back. Answers that have little in common are not marked.
    """
    sizes = (len(old), len(new))
    if min(sizes) < SHORTEST or max(sizes) > LONGEST or fuzz.ratio(old, new) < ALIKE:
        return [Span("same", old)], [Span("same", new)]
    rows = side_by_side(old, new)
    return (
        [span for row in rows for span in row.old],
        [span for row in rows for span in row.new],
    )
