"""Inside one line: which words differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from rapidfuzz.distance import Postfix, Prefix

from registry.diff.align import Match, Work, gaps, matches, numbered
from registry.diff.unseen import Piece, pieces, visible

SpanKind = Literal["same", "removed", "added"]
Only = Literal["", "line_end", "blanks", "invisible"]

Part = tuple[bool, str, str]
"""Whether both sides share it, what the old side has there, what the new side has."""

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

# The same for ASCII, where none of these scripts occurs, in half the time.
_ASCII_TOKEN = re.compile(r"\r\n|\n|\r|\w+|[^\S\r\n]+|.")
_RUN = re.compile(rf"[\w{_WORD}]+")
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]")
_WORDY = re.compile(r"\w")

# Below 250,000 cells (a line of 500 words on each side) the fewest edits cost about 0.1 ms.
EXACT_CELLS = 250_000

# What cutting a pair of lines into words costs, and numbering, comparing and marking these.
STEPS_A_PAIR = 600
STEPS_A_CHARACTER = 5
STEPS_A_WORD = 60


class Span(NamedTuple):
    """A stretch of one side of a row, in its original characters."""

    kind: SpanKind
    text: str

    @property
    def shown(self) -> str:
        """What a page prints: no line end, and unseen characters as signs where they matter."""
        return "".join(piece.text for piece in self.pieces())

    def pieces(self, *, everything: bool = False) -> Iterator[Piece]:
        """The same with the name of each sign; `everything` shows every unseen character."""
        return pieces(self.text, marked=self.kind != "same", everything=everything)


class Marked(NamedTuple):
    """Both sides of a pair of lines, and whether they differ in what cannot be seen only."""

    old: tuple[Span, ...]
    new: tuple[Span, ...]
    only: Only


class Middle(NamedTuple):
    """Two lines less the head and tail they share; no word or run of blanks is torn."""

    head: str
    old: str
    new: str
    tail: str


def tokens(text: str) -> list[str]:
    """Words, runs of blanks, line ends and signs; joined they are the text."""
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)


def words(text: str) -> list[str]:
    """The words alone; in scripts without spaces each character is one."""
    if not _UNSPACED_RUN.search(text):
        return _RUN.findall(text)
    return [token for token in tokens(text) if _WORDY.match(token)]


def mark(old: str, new: str, work: Work) -> Marked:
    """One pair of lines with marks on the words that differ.

    Where the allowance does not cover cutting the lines into words, what lies between
    their common head and tail counts as replaced.
    """
    middle = _middle(old, new)
    parts = _by_word(middle, work) or _by_edges(middle.old, middle.new)
    left, right = _Side("removed", middle.head), _Side("added", middle.head)
    for same, before, after in parts:
        left.add(same, before)
        right.add(same, after)
    for side in (left, right):
        side.add(True, middle.tail)
    return Marked(tuple(left.spans), tuple(right.spans), _only(old, new, middle))


def _middle(old: str, new: str) -> Middle:
    head = _head(old, new)
    rest, other = old[head:], new[head:]
    tail = _tail(rest, other)
    cut = len(rest) - tail
    return Middle(old[:head], rest[:cut], other[: len(other) - tail], rest[cut:])


def _head(one: str, other: str) -> int:
    """How much both share from the start on, up to where a word ends or begins."""
    at = int(Prefix.similarity(one, other))
    for cut in (at, one.rfind(" ", 0, at) + 1):
        if _between_words(one, cut) and _between_words(other, cut):
            return cut
    return len(one[:cut].rstrip())


def _tail(one: str, other: str) -> int:
    """How much both share at their end, from where a word ends or begins."""
    common = int(Postfix.similarity(one, other))
    blank = one.find(" ", len(one) - common)
    for tail in (common, len(one) - blank if blank >= 0 else 0):
        if _between_words(one, len(one) - tail) and _between_words(other, len(other) - tail):
            return tail
    return len(one[len(one) - tail :].lstrip())


def _between_words(text: str, at: int) -> bool:
    """Whether a cut at this place tears neither a word nor a run of blanks."""
    if at in (0, len(text)):
        return True
    return text[at - 1].isspace() != text[at].isspace()


def _by_edges(old: str, new: str) -> Iterator[Part]:
    """Common head, replaced middle, common tail, by character."""
    head = int(Prefix.similarity(old, new))
    tail = int(Postfix.similarity(old[head:], new[head:]))
    yield True, old[:head], new[:head]
    yield False, old[head : len(old) - tail], new[head : len(new) - tail]
    yield True, old[len(old) - tail :], new[len(new) - tail :]


class _Side:
    """Collects the spans of one side, neighbours of a kind as one."""

    def __init__(self, kind: SpanKind, head: str) -> None:
        self.kind = kind
        self.spans = [Span("same", head)] if head else []

    def add(self, same: bool, text: str) -> None:
        """A changed line end stays a span of its own, so that it is shown."""
        if not text:
            return
        if same or text[-1] not in "\r\n":
            self._join("same" if same else self.kind, text)
            return
        words = text.rstrip("\r\n")
        if words:
            self._join(self.kind, words)
        self.spans.append(Span(self.kind, text[len(words) :]))

    def _join(self, kind: SpanKind, text: str) -> None:
        if self.spans and self.spans[-1].kind == kind:
            self.spans[-1] = Span(kind, self.spans[-1].text + text)
        else:
            self.spans.append(Span(kind, text))


def _by_word(middle: Middle, work: Work) -> Iterator[Part] | None:
    """The words of two lines, or None where the allowance does not cover comparing them."""
    letters = len(middle.old) + len(middle.new)
    if not work.afford(STEPS_A_PAIR + STEPS_A_CHARACTER * letters):
        return None
    old, new = tokens(middle.old), tokens(middle.new)
    if set(old).isdisjoint(new):
        return iter([(False, middle.old, middle.new)])
    if not work.afford(STEPS_A_WORD * (len(old) + len(new))):
        return None
    return _compared(old, new, matches(*numbered(old, new), work, exact_below=EXACT_CELLS))


def _compared(old: list[str], new: list[str], found: list[Match]) -> Iterator[Part]:
    """From left to right; blanks between changed words count along."""
    here = there = 0
    after_change = False
    for gap in gaps(found, len(old), len(new)):
        kept, along = old[here : gap.old_from], new[there : gap.new_from]
        bridge = after_change and len(kept) == 1 and not kept[0].strip(" \t")
        yield not bridge, "".join(kept), "".join(along)
        here, there, after_change = gap.old_to, gap.new_to, True
        yield False, "".join(old[gap.old_from : here]), "".join(new[gap.new_from : there])
    yield True, "".join(old[here:]), "".join(new[there:])


def _only(old: str, new: str, middle: Middle) -> Only:
    """Why two lines that read the same are marked; "" where they read differently."""
    if old.rstrip("\r\n") == new.rstrip("\r\n"):
        return "line_end"
    if "".join(middle.old.split()) == "".join(middle.new.split()):
        return "blanks"
    return "invisible" if visible(middle.old) == visible(middle.new) else ""
