"""How much of a fork stands in the base, by lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from registry.diff.align import Work, matches, numbered, split_lines

# Below this share of letters in common a fork is no relative of the base: chance alone
# (a shared "Rules:" or "Examples") reaches about 1 %.
RELATED = 0.02


def lines_in_common(base: str, fork: str) -> float:
    """Share of letters and digits (0 to 1) in lines that are the same to the character."""
    return _share(base, fork, str)


def words_in_common(base: str, fork: str) -> float:
    """The same, where lines that differ only in blanks and line ends count as the same."""
    return _share(base, fork, lambda line: " ".join(line.split()))


def lines_anywhere(base: str, fork: str) -> float:
    """The same for lines to the character, wherever in the fork they stand."""
    ours, theirs = (Counter(split_lines(text)) for text in (base, fork))
    total = sum(weight(line) * count for line, count in (ours + theirs).items())
    common = sum(weight(line) * count for line, count in (ours & theirs).items())
    return 2 * common / total if total else 0.0


def _share(base: str, fork: str, key: Callable[[str], str]) -> float:
    if base == fork:
        return 1.0
    ours, theirs = ([key(line) for line in split_lines(text)] for text in (base, fork))
    weights = [weight(line) for line in ours]
    total = sum(weights) + sum(map(weight, theirs))
    found = matches(*numbered(ours, theirs), Work())
    common = sum(sum(weights[run.old : run.old + run.size]) for run in found)
    return 2 * common / total if total else 0.0


def weight(line: str) -> int:
    """How many letters and digits a line has: a shared "---" or bracket says nothing."""
    return sum(map(str.isalnum, line))
