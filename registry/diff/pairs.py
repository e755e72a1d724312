"""Which line of a replaced block became which: by similarity, in order, within an allowance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import Indel

from registry.diff.align import Gap, Work, gaps, matches, numbered
from registry.diff.unseen import visible
from registry.diff.words import tokens

# From half its words on, a line reads as an edit of the other; below, as another line.
SIMILAR = 0.5

# A mistyped word shares no word with the right one, so short lines may match by letters
# (0.75 is where difflib's ndiff draws the same line).
SHORT_LINE = 40
SIMILAR_LETTERS = 0.75

# Similarity of very long lines is judged by their head and tail.
SAMPLE_CHARACTERS = 4_000

# A gap of more cells is cut into stretches of equal share first: 40 lines against 40.
GAP_CELLS = 1_600
STEPS_A_CELL = 10
STEPS_A_CHARACTER = 4

_WORDY = re.compile(r"\w")
_LAST_CODE_POINT = 0x10FFFF


def pair_lines(old: Sequence[str], new: Sequence[str], work: Work) -> list[tuple[int, int]]:
    """Index pairs, rising on both sides; lines in no pair were removed or added.

    Lines that differ in case and blanks only find each other at any distance; the rest are
    compared word by word near their place in the block.
    """
    if not old or not new:
        return []
    if len(old) == len(new) == 1 and _near(old[0], new[0], work):
        return [(0, 0)]
    found = matches(*numbered(_loose(old), _loose(new)), work)
    pairs = [(run.old + step, run.new + step) for run in found for step in range(run.size)]
    words = Words()
    for gap in gaps(found, len(old), len(new)):
        for part in _stretches(gap):
            pairs += _most_similar(old, new, part, words, work)
    return sorted(pairs)


def _near(old: str, new: str, work: Work) -> bool:
    """A lone line with a small edit, the common case, without cutting it into words."""
    size = max(len(old), len(new))
    return (
        size <= SAMPLE_CHARACTERS
        and work.afford(STEPS_A_CELL + size * size // 64)
        and Indel.normalized_similarity(old, new) >= SIMILAR_LETTERS
    )


def _loose(lines: Sequence[str]) -> list[str]:
    return [visible(line).casefold() for line in lines]


def _stretches(gap: Gap) -> list[Gap]:
    """The gap, or proportional parts of it, none above GAP_CELLS by much."""
    if not gap.both_sides:
        return []
    parts = 1
    while gap.cells > GAP_CELLS * parts * parts:
        parts += 1
    old_size, new_size = gap.old_to - gap.old_from, gap.new_to - gap.new_from
    cuts = [
        (gap.old_from + old_size * part // parts, gap.new_from + new_size * part // parts)
        for part in range(parts + 1)
    ]
    stretches = (Gap(a, b, c, d) for (a, c), (b, d) in pairwise(cuts))
    return [stretch for stretch in stretches if stretch.both_sides]


def sampled(line: str) -> str:
    """The line, or its head and tail where it is very long."""
    if len(line) <= SAMPLE_CHARACTERS:
        return line
    return line[: SAMPLE_CHARACTERS // 2] + line[-SAMPLE_CHARACTERS // 2 :]


class Words:
    """Lines as strings of one character a word: what rapidfuzz compares fastest."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, line: str) -> str:
        """Words of a line, signs only where it has no word; blanks never count."""
        parts = [part for part in tokens(sampled(line)) if not part.isspace()]
        parts = [part for part in parts if _WORDY.match(part)] or parts
        numbers = self._numbers
        known = [numbers.setdefault(part, len(numbers)) for part in parts]
        return "".join([chr(number % _LAST_CODE_POINT) for number in known])


def _most_similar(
    old: Sequence[str], new: Sequence[str], gap: Gap, words: Words, work: Work
) -> list[tuple[int, int]]:
    """The pairing with the greatest sum of similarities (a table of all against all)."""
    lines, others = old[gap.old_from : gap.old_to], new[gap.new_from : gap.new_to]
    if not work.afford(STEPS_A_CHARACTER * (_letters(lines) + _letters(others))):
        return []
    here, there = [words.of(line) for line in lines], [words.of(line) for line in others]
    if not work.afford(gap.cells * STEPS_A_CELL + _letters(here) * _letters(there) // 64):
        return []
    table = [[0.0] * (len(others) + 1)]
    for line, mine in zip(lines, here, strict=True):
        scores = _alike(mine, there, SIMILAR) or _alike_letters(line, others)
        table.append(_next_row(table[-1], scores) if scores else table[-1])
    return _walk_back(table, gap)


def _letters(lines: Sequence[str]) -> int:
    return sum(min(len(line), SAMPLE_CHARACTERS) for line in lines)


def _alike(line: str, others: Sequence[str], cutoff: float) -> dict[int, float]:
    """Index -> similarity (cutoff to 1) of the others that are similar enough."""
    found = process.extract(
        line, others, scorer=Indel.normalized_similarity, score_cutoff=cutoff, limit=None
    )
    return {index: score for _, score, index in found}


def _alike_letters(line: str, others: Sequence[str]) -> dict[int, float]:
    if len(line) > SHORT_LINE:
        return {}
    short = {index: other for index, other in enumerate(others) if len(other) <= SHORT_LINE}
    found = _alike(line, list(short.values()), SIMILAR_LETTERS)
    places = list(short)
    return {places[index]: score for index, score in found.items()}


def _next_row(above: list[float], scores: dict[int, float]) -> list[float]:
    row = [0.0]
    for column, best in enumerate(above[1:]):
        paired = above[column] + scores[column] if column in scores else 0.0
        row.append(max(best, row[column], paired))
    return row


def _walk_back(table: list[list[float]], gap: Gap) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    row, column = len(table) - 1, len(table[0]) - 1
    while row and column:
        here = table[row][column]
        if here == table[row - 1][column]:
            row -= 1
        elif here == table[row][column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            pairs.append((gap.old_from + row, gap.new_from + column))
    return pairs
