"""Inside one line: which words differ, and how to make what is invisible visible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from registry.diff.align import Work, gaps, matches, numbered

SpanKind = Literal["same", "removed", "added"]

# Scripts written without spaces are compared by character (with its marks), all others by word.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ebd\u0ec0-\u0ecd"  # Lao
    "\u1000-\u109f\u1780-\u17d3"  # Myanmar, Khmer
    "\u3005-\u3007\u3041-\u30ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
# Vowel signs of the Indic scripts are not \w, but part of the word.
_WORD = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(
    r"\r\n|\n|\r"
    rf"|[{_UNSPACED}][{_MARKS}]*"
    rf"|(?:(?![{_UNSPACED}])[\w{_WORD}])+"
    r"|[^\S\r\n]+"
    r"|[\U0001f1e6-\U0001f1ff]{2}"  # a flag is two letters
    r"|[^\w\s](?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[^\w\s])*"  # an emoji and its parts
    r"|."
)
_LINE_END = re.compile(r"[\r\n]+\Z")
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_UNSEEN = re.compile(rf"(?:\s|\ufe0e|\ufe0f|{_INVISIBLE.pattern})+")
_SIGNS = {" ": "·", "\t": "⇥", "\r": "␍", "\n": "⏎"}

# Below 250,000 cells (a line of 500 words on each side) the fewest edits cost about 0.1 ms.
EXACT_CELLS = 250_000

# What cutting a pair of lines into words, numbering and marking them costs.
STEPS_A_PAIR = 1_500
STEPS_A_CHARACTER = 8


class Span(NamedTuple):
    """A stretch of one side of a row, in its original characters."""

    kind: SpanKind
    text: str

    @property
    def shown(self) -> str:
        """What a page prints: no line end, and invisible characters as signs where marked.

        A mark on nothing but blanks shows each of them (`·` space, `⇥` tab, `␍⏎` line end,
        `[U+200B]` others), else one could not see what the mark is about.
        """
        if self.kind == "same":
            return _LINE_END.sub("", self.text)
        if _UNSEEN.fullmatch(self.text):
            return "".join(_sign(char) for char in self.text)
        return _INVISIBLE.sub(lambda found: _sign(found[0]), _LINE_END.sub("", self.text))


def tokens(text: str) -> list[str]:
    """Words, runs of blanks, line ends and signs; joined they are the text."""
    return _TOKEN.findall(text)


def visible(text: str) -> str:
    """The text without blanks, line ends and invisible characters."""
    return _UNSEEN.sub("", "".join(text.split()))


def word_spans(old: str, new: str, work: Work) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both sides of one pair of lines as spans.

    Where the allowance does not cover cutting the lines into words, what lies between
    their common head and tail counts as replaced.
    """
    if work.afford(STEPS_A_PAIR + STEPS_A_CHARACTER * (len(old) + len(new))):
        parts = _by_word(tokens(old), tokens(new), work)
    else:
        parts = _by_edges(old, new)
    left, right = _Side("removed"), _Side("added")
    for same, before, after in parts:
        left.add(same, before)
        right.add(same, after)
    return tuple(left.spans), tuple(right.spans)


class _Side:
    """Collects the spans of one side, neighbours of a kind as one."""

    def __init__(self, mark: SpanKind) -> None:
        self.mark = mark
        self.spans: list[Span] = []

    def add(self, same: bool, text: str) -> None:
        """A changed line end stays a span of its own, so that it is shown."""
        if not text:
            return
        kind: SpanKind = "same" if same else self.mark
        end = "" if same else text[len(text.rstrip("\r\n")) :]
        for piece in (text.removesuffix(end), end):
            if not piece:
                continue
            last = self.spans[-1] if self.spans else None
            if last and last.kind == kind and piece != end:
                self.spans[-1] = Span(kind, last.text + piece)
            else:
                self.spans.append(Span(kind, piece))


def _by_word(old: list[str], new: list[str], work: Work) -> Iterator[tuple[bool, str, str]]:
    """(same, old text, new text) from left to right; blanks between changed words count along."""
    found = matches(*numbered(old, new), work, exact_below=EXACT_CELLS)
    here = there = 0
    after_change = False
    for gap in gaps(found, len(old), len(new)):
        kept, along = old[here : gap.old_from], new[there : gap.new_from]
        bridge = after_change and len(kept) == 1 and not kept[0].strip(" \t")
        yield not bridge, "".join(kept), "".join(along)
        here, there, after_change = gap.old_to, gap.new_to, True
        yield False, "".join(old[gap.old_from : here]), "".join(new[gap.new_from : there])
    yield True, "".join(old[here:]), "".join(new[there:])


def _by_edges(old: str, new: str) -> Iterator[tuple[bool, str, str]]:
    """Common head, replaced middle, common tail; cut at blanks where there are any."""
    head = _common(old, new)
    head = old.rfind(" ", 0, head) + 1 or head
    tail = _common(old[head:][::-1], new[head:][::-1])
    blank = old.find(" ", len(old) - tail)
    tail = tail if blank < 0 else len(old) - blank
    yield True, old[:head], new[:head]
    yield False, old[head : len(old) - tail], new[head : len(new) - tail]
    yield True, old[len(old) - tail :], new[len(new) - tail :]


def _common(one: str, other: str) -> int:
    """Length of the common head, by halving: slices compare at memory speed."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _sign(char: str) -> str:
    return _SIGNS.get(char) or f"[U+{ord(char):04X}]"
