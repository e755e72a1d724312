"""Cut a text into sentences and mark what only quotes other people's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？؟।]+|\n+")
_BULLET = re.compile(r"[ \t]*(?:[-*•–·]|\(?\d{1,2}[.)])[ \t]+")
_QUOTED = re.compile(
    r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\"\n]{1,300}[“”\"]|«[^»\n]{1,300}»|»[^«\n]{1,300}«"
    r"|「[^」\n]{1,300}」|『[^』\n]{1,300}』|`[^`\n]{1,300}`|(?<![^\s(:,\[])'[^\n']{2,300}'(?!\w)"
)

# Within a sentence words are held against each other; in pieces of this many
# characters that stays cheap, and no honest sentence is longer.
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the view's text.

    `bullet`: it is a list item. `opens_list`: it ends in a colon and what follows is
    read under it. `blank_before`: an empty line separates it from what came before.
    """

    start: int
    end: int
    bullet: bool = False
    opens_list: bool = False
    blank_before: bool = False


def sentences_of(text: str) -> list[Sentence]:
    """All non-empty sentences, in order, without their bullet marks."""
    found: list[Sentence] = []
    cursor, blank = 0, False
    bounds = [(m.start(), m.end(), m.group()) for m in _END.finditer(text)]
    bounds.append((len(text), len(text), ""))
    line_start = True
    bullet = False
    for stop, after, mark in bounds:
        start = cursor
        if line_start:
            head = _BULLET.match(text, cursor, stop)
            bullet = head is not None
            start = head.end() if head else cursor
        piece = text[start:stop]
        if piece.strip():
            found.append(Sentence(start, stop, bullet, piece.rstrip().endswith((":", "：")), blank))
            blank = False
        newline = mark.startswith("\n")
        blank = blank or (newline and len(mark) > 1)
        # A numbered item ("1. Never …") ends in its own full stop: still the line's start.
        line_start = newline or (line_start and not piece.strip())
        cursor = after
    return found


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Where text stands in quotation marks of any of the usual kinds (marks included)."""
    return [found.span() for found in _QUOTED.finditer(text)]
