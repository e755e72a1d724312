"""Cut a text into sentences and mark what only quotes other people's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
# Thai has no full stop: a blank ends a sentence or a clause. It ends a clause where the
# words before it set a condition or those after it carry on.
_THAI = re.compile("[\u0e00-\u0e7f]")
_THAI_OPENS = ("หาก", "ถ้า", "เมื่อ", "กรณี", "แม้", "เพื่อ", "เนื่องจาก", "สำหรับ", "ส่วน", "เวลา", "หลังจาก")
_THAI_GOES_ON = (
    *(
        "ให้",
        "และ",
        "หรือ",
        "แต่",
        "โดย",
        "เพื่อ",
        "ที่",
        "ซึ่ง",
        "แล้ว",
        "จึง",
        "ก็",
        "ทั้ง",
        "รวมถึง",
        "เช่น",
        "จน",
    ),
    *(
        "เพราะ",
        "เว้นแต่",
        "ยกเว้น",
        "เท่านั้น",
        "คือ",
        "กับ",
        "ของ",
        "ใน",
        "ว่า",
        "ไม่ว่า",
        "ต่อ",
        "นับ",
        "ตั้งแต่",
        "จาก",
    ),
)
_THAI_SHORTEST = 12  # letters; less is a part of a clause, a name or a number


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
            opens = piece.rstrip().endswith((":", "："))
            cuts = [*_cuts(text, start, stop), stop]
            for first, last in zip([start, *cuts], cuts, strict=False):
                while text[first].isspace() and first + 1 < last:
                    first += 1  # the same sentence is the same wherever it stands
                found.append(Sentence(first, last, bullet, opens and last == stop, blank))
                blank = False
        newline = mark.startswith("\n")
        blank = blank or (newline and len(mark) > 1)
        # A numbered item ("1. Never …") ends in its own full stop: still the line's start.
        line_start = newline or (line_start and not piece.strip())
        cursor = after
    return found


def _cuts(text: str, start: int, stop: int) -> Iterator[int]:
    """Where a stretch without a full stop is cut all the same."""
    thai = _THAI.search(text, start, stop) is not None
    if not thai and stop - start <= LONGEST:
        return
    begun = start
    for blank in re.finditer(r"\s+", text[start:stop]):
        at = start + blank.start()
        after = start + blank.end()
        if at - begun > LONGEST or (thai and _ends_in_thai(text[begun:at], text[after:stop])):
            yield at
            begun = at
    while stop - begun > LONGEST:
        begun += LONGEST
        yield begun


def _ends_in_thai(before: str, after: str) -> bool:
    before = before.strip()
    return (
        len(before) >= _THAI_SHORTEST
        and len(after) >= _THAI_SHORTEST
        and _THAI.match(after) is not None
        and not before.startswith(_THAI_OPENS)
        and not after.startswith(_THAI_GOES_ON)
    )


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Where text stands in quotation marks of any of the usual kinds (marks included)."""
    return [found.span() for found in _QUOTED.finditer(text)]
