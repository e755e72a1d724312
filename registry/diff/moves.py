"""Blocks that went from one place to another, as they were or with an edited word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Indel

from registry.diff.align import Gap, Work
from registry.diff.pairs import STEPS_A_CELL, STEPS_A_CHARACTER, Words, sampled

# A block is worth saying "moved" about from two lines with words on, or one this long.
BLOCK_LINES = 2
BLOCK_CHARACTERS = 60

# An edited line far from its place has to be this like the other to count as the same one:
# stricter than for neighbours (`pairs.SIMILAR`), since phrases repeat all over a prompt.
SIMILAR_FAR = 0.7

_WORDY = re.compile(r"\w")


class Block(NamedTuple):
    """`size` lines from `old` on went to `new` on (both count from 0)."""

    old: int
    new: int
    size: int


class Lines(NamedTuple):
    """Both texts' lines, as text and as numbers (`align.numbered`)."""

    old: Sequence[str]
    new: Sequence[str]
    old_numbers: Sequence[int]
    new_numbers: Sequence[int]


def moved_as_they_were(lines: Lines, holes: Iterable[Gap], work: Work) -> list[Block]:
    """Blocks that left one replaced stretch and stand in another.

    A line that occurs once among what went and once among what came is the seed; the block
    grows both ways over equal lines and over lines with a small edit. Linear.
    """
    holes = list(holes)
    went = _once(lines.old_numbers, [(gap.old_from, gap.old_to) for gap in holes])
    came = _once(lines.new_numbers, [(gap.new_from, gap.new_to) for gap in holes])
    if went.keys().isdisjoint(came):
        return []
    grown = _Grown(lines, holes, work)
    for number in sorted(went.keys() & came, key=went.__getitem__):
        grown.seed(went[number], came[number])
    return grown.blocks


def moved_with_edits(
    lines: Lines, went: Sequence[int], came: Sequence[int], work: Work
) -> list[Block]:
    """Long lines that stand elsewhere with some words changed: `went` and `came` hold the
    places of lines that found no partner. Nothing where the allowance does not cover it."""
    old = [at for at in went if len(lines.old[at]) >= BLOCK_CHARACTERS]
    new = [at for at in came if len(lines.new[at]) >= BLOCK_CHARACTERS]
    letters = sum(len(sampled(lines.old[at])) for at in old)
    letters += sum(len(sampled(lines.new[at])) for at in new)
    steps = len(old) * len(new) * STEPS_A_CELL + letters * STEPS_A_CHARACTER
    if not old or not new or not work.afford(steps):
        return []
    words = Words()
    others = {at: words.of(lines.new[at]) for at in new}
    blocks = []
    for at in old:
        found = process.extractOne(
            words.of(lines.old[at]), others,
            scorer=Indel.normalized_similarity, score_cutoff=SIMILAR_FAR,
        )  # fmt: skip
        if found:
            del others[found[2]]
            blocks.append(Block(at, found[2], 1))
    return _joined(blocks)


def _once(numbers: Sequence[int], stretches: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Number -> place, of what stands once within the stretches."""
    place: dict[int, int] = {}
    again: set[int] = set()
    for start, end in stretches:
        for at in range(start, end):
            if place.setdefault(numbers[at], at) != at:
                again.add(numbers[at])
    for number in again:
        del place[number]
    return place


class _Grown:
    """Blocks as they grow; a line belongs to one at most."""

    def __init__(self, lines: Lines, holes: Sequence[Gap], work: Work) -> None:
        self.lines, self.work = lines, work
        self.blocks: list[Block] = []
        self._went = {at for gap in holes for at in range(gap.old_from, gap.old_to)}
        self._came = {at for gap in holes for at in range(gap.new_from, gap.new_to)}

    def seed(self, old: int, new: int) -> None:
        """Grow a block around one pair of lines, and keep it if it is worth it."""
        if old not in self._went or new not in self._came:
            return
        before = after = 0
        while self._goes_on(old - before - 1, new - before - 1):
            before += 1
        while self._goes_on(old + after + 1, new + after + 1):
            after += 1
        block = Block(old - before, new - before, before + 1 + after)
        if _worth_saying(self.lines.old[block.old : block.old + block.size]):
            self.blocks.append(block)
            self._went.difference_update(range(block.old, block.old + block.size))
            self._came.difference_update(range(block.new, block.new + block.size))

    def _goes_on(self, old: int, new: int) -> bool:
        if old not in self._went or new not in self._came:
            return False
        if self.lines.old_numbers[old] == self.lines.new_numbers[new]:
            return True
        one, other = sampled(self.lines.old[old]), sampled(self.lines.new[new])
        if not self.work.afford(STEPS_A_CELL + len(one) * len(other) // 64):
            return False
        return Indel.normalized_similarity(one, other) >= SIMILAR_FAR


def _worth_saying(lines: Sequence[str]) -> bool:
    wordy = [line for line in lines if _WORDY.search(line)]
    return bool(wordy) and (len(wordy) >= BLOCK_LINES or sum(map(len, wordy)) >= BLOCK_CHARACTERS)


def _joined(blocks: list[Block]) -> list[Block]:
    """Neighbouring lines that went to neighbouring places as one block."""
    runs: list[Block] = []
    for old, new, size in blocks:
        last = runs[-1] if runs else None
        if last and (last.old + last.size, last.new + last.size) == (old, new):
            runs[-1] = last._replace(size=last.size + size)
        else:
            runs.append(Block(old, new, size))
    return runs
