"""Which items of two sequences are the same ones: anchors first, least edits below them.

Works on integers, so that lines and words go through the same code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from rapidfuzz.distance import Indel, Postfix, Prefix

# One unit is about 30 ns on one slow core, so the allowance is 0.3 s; what is
# linear in the texts comes on top. A prompt of 2,000 lines, 100 edited, spends under 200,000.
WORK_LIMIT = 10_000_000

# Rounds of anchoring inside the gaps of anchors. Real texts need two; the limit keeps a text
# built to yield one anchor a round from costing the square of its length.
ANCHOR_ROUNDS = 8


class Work:
    """An allowance of steps for one comparison, spent by whatever is not linear.

    Counting steps instead of seconds makes the same input give the same rows everywhere.
    """

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        self.limit = limit
        self.spent = 0

    def afford(self, steps: int) -> bool:
        """Spend `steps` if they are left; False, and nothing spent, if not."""
        if self.spent + steps > self.limit:
            return False
        self.spent += steps
        return True


class Match(NamedTuple):
    """`size` items from `old` on are the items from `new` on."""

    old: int
    new: int
    size: int


class Gap(NamedTuple):
    """Items old_from..old_to were replaced by new_from..new_to; either side may be empty."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int

    @property
    def both_sides(self) -> bool:
        """Whether there is something to compare at all."""
        return self.old_from < self.old_to and self.new_from < self.new_to

    @property
    def cells(self) -> int:
        """Size of the table a full comparison would fill."""
        return (self.old_to - self.old_from) * (self.new_to - self.new_from)


def split_lines(text: str) -> list[str]:
    """Lines with their ends; only "\\n" ends one (`str.splitlines` would cut at others too)."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def numbered(old: Iterable[Hashable], new: Iterable[Hashable]) -> tuple[list[int], list[int]]:
    """Both sequences as integers: equal items get equal numbers."""
    numbers: dict[Hashable, int] = {}
    number = numbers.setdefault
    return [number(item, len(numbers)) for item in old], [
        number(item, len(numbers)) for item in new
    ]


def matches(
    old: Sequence[int], new: Sequence[int], work: Work, *, exact_below: int = 0
) -> list[Match]:
    """What both sequences share, in order, as maximal runs.

    Gaps of fewer than `exact_below` cells are solved for the fewest edits at once; larger
    ones are first cut at items that occur once on each side (patience anchors), which keeps
    a moved or rewritten block from being smeared over its neighbours. A gap the allowance
    does not cover counts as wholly replaced.
    """
    found: list[Match] = []
    pending = [(Gap(0, len(old), 0, len(new)), 0)]
    while pending:
        gap, rounds = pending.pop()
        if gap.cells < exact_below:
            _fewest_edits(old, new, gap, work, found)
            continue
        gap = _trim(old, new, gap, found)
        if not gap.both_sides or gap.cells == 1:  # two lone items left over are not the same
            continue
        anchors = _anchors(old, new, gap) if rounds < ANCHOR_ROUNDS else []
        if anchors:
            pending.extend((part, rounds + 1) for part in _between(gap, anchors, found))
        else:
            _fewest_edits(old, new, gap, work, found)
    return _joined(sorted(found))


def gaps(found: Iterable[Match], old_size: int, new_size: int) -> list[Gap]:
    """What lies between the matches, in order; gaps empty on both sides are left out."""
    rows: list[Gap] = []
    old = new = 0
    for match in (*found, Match(old_size, new_size, 0)):
        if match.old > old or match.new > new:
            rows.append(Gap(old, match.old, new, match.new))
        old, new = match.old + match.size, match.new + match.size
    return rows


def _trim(old: Sequence[int], new: Sequence[int], gap: Gap, found: list[Match]) -> Gap:
    """Take the equal head and tail off a gap."""
    a, b, c, d = gap
    if a < b and c < d and old[a] == new[c]:
        head = int(Prefix.similarity(old[a:b], new[c:d]))
        found.append(Match(a, c, head))
        a, c = a + head, c + head
    if a < b and c < d and old[b - 1] == new[d - 1]:
        tail = int(Postfix.similarity(old[a:b], new[c:d]))
        b, d = b - tail, d - tail
        found.append(Match(b, d, tail))
    return Gap(a, b, c, d)


def _anchors(old: Sequence[int], new: Sequence[int], gap: Gap) -> list[tuple[int, int]]:
    """Items that occur once on each side of the gap, the longest ordered run of them."""
    here, there = old[gap.old_from : gap.old_to], new[gap.new_from : gap.new_to]
    once = {item for item, count in Counter(there).items() if count == 1}
    place = {item: at for at, item in enumerate(there, gap.new_from) if item in once}
    single = {item for item, count in Counter(here).items() if count == 1}
    pairs = [
        (at, place[item])
        for at, item in enumerate(here, gap.old_from)
        if item in single and item in place
    ]
    return _longest_rising(pairs)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rises on both sides (patience sorting)."""
    if pairs == sorted(pairs, key=itemgetter(1)):
        return pairs
    tops: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for index, (_, new) in enumerate(pairs):
        pile = len(tops) if not tops or new > tops[-1] else bisect_left(tops, new)
        before.append(tails[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(new)
            tails.append(index)
        else:
            tops[pile], tails[pile] = new, index
    run: list[tuple[int, int]] = []
    index = tails[-1]
    while index >= 0:
        run.append(pairs[index])
        index = before[index]
    return run[::-1]


def _between(gap: Gap, anchors: list[tuple[int, int]], found: list[Match]) -> list[Gap]:
    """Record the anchors as matches; what is left between them."""
    parts: list[Gap] = []
    old, new = gap.old_from, gap.new_from
    size = 0
    for at, there in (*anchors, (gap.old_to, gap.new_to)):
        if at == old and there == new and at < gap.old_to:
            size += 1
        else:
            if size:
                found.append(Match(old - size, new - size, size))
            if old < at and new < there:
                parts.append(Gap(old, at, new, there))
            size = 1
        old, new = at + 1, there + 1
    return parts


def _fewest_edits(
    old: Sequence[int], new: Sequence[int], gap: Gap, work: Work, found: list[Match]
) -> None:
    """Least insertions and deletions; bit-parallel, so a step covers 64 cells."""
    a, b, c, d = gap
    if not work.afford(gap.cells // 64 + b - a + d - c):
        return
    for op in Indel.opcodes(old[a:b], new[c:d]):
        if op.tag == "equal":
            found.append(Match(a + op.src_start, c + op.dest_start, op.src_end - op.src_start))


def _joined(found: list[Match]) -> list[Match]:
    """Neighbouring matches as one."""
    runs: list[Match] = []
    start = there = size = 0
    for old, new, more in found:
        if old == start + size and new == there + size:
            size += more
            continue
        if size:
            runs.append(Match(start, there, size))
        start, there, size = old, new, more
    return [*runs, Match(start, there, size)] if size else runs
