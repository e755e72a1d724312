"""Which replaced line became which: in its place, or elsewhere as part of a moved block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from registry.diff.align import Gap, Work
from registry.diff.moves import Block, Lines, moved_as_they_were, moved_with_edits
from registry.diff.pairs import pair_lines


class Partners(NamedTuple):
    """By a line's place (from 0): its edited neighbour, or its moved block and step within it.

    `pairs` and `went` know the old side's lines, `came` the new side's.
    """

    pairs: dict[int, int]
    went: dict[int, tuple[Block, int]]
    came: dict[int, tuple[Block, int]]


def find_partners(lines: Lines, holes: Sequence[Gap], work: Work) -> Partners:
    """Moved blocks first, since a neighbour alike would tear them; then edits in place."""
    found = Partners({}, {}, {})
    if len(holes) > 1 or any(gap.cells > 1 for gap in holes):
        _note(found, moved_as_they_were(lines, holes, work))
    left: list[int] = []
    right: list[int] = []
    for gap in holes:
        went = [at for at in range(gap.old_from, gap.old_to) if at not in found.went]
        came = [at for at in range(gap.new_from, gap.new_to) if at not in found.came]
        pairs = pair_lines([lines.old[at] for at in went], [lines.new[at] for at in came], work)
        found.pairs.update((went[a], came[b]) for a, b in pairs)
        if len(pairs) < max(len(went), len(came)):
            paired = {came[b] for _, b in pairs}
            left += [at for at in went if at not in found.pairs]
            right += [at for at in came if at not in paired]
    _note(found, moved_with_edits(lines, left, right, work))
    return found


def _note(partners: Partners, blocks: Iterable[Block]) -> None:
    for block in blocks:
        for step in range(block.size):
            partners.went[block.old + step] = partners.came[block.new + step] = block, step
