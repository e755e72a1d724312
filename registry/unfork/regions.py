"""From a plain base and its forks to slots: what any fork changed, merged and framed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from registry.compose import Slot
from registry.diff.align import Match, Work, gaps, matches, numbered, split_lines
from registry.unfork.naming import named

_LEADING_ENDS = re.compile(r"\A(?:\r?\n)*")
_TRAILING_ENDS = re.compile(r"(?:\r?\n)*\Z")


class Region(NamedTuple):
    """Lines start..end of the base (end excluded; empty where forks only insert)."""

    start: int
    end: int


class _Aligned(NamedTuple):
    """A fork's lines and where each base line is found among them (-1: nowhere)."""

    lines: list[str]
    places: list[int]

    def text(self, region: Region) -> str:
        """What stands in the fork between the base lines around the region."""
        start = self.places[region.start - 1] + 1 if region.start else 0
        end = self.places[region.end] if region.end < len(self.places) else len(self.lines)
        return "".join(self.lines[start:end])


def propose(base: str, forks: Sequence[str], *, whole: bool = False) -> tuple[str, list[Slot]]:
    """The base with markers, and the slots; `whole` makes all of it one slot."""
    lines = split_lines(base)
    aligned = [_align(lines, fork, whole) for fork in forks]
    regions = [Region(0, len(lines))] if whole and forks else _changed(lines, aligned)
    regions = _widened(lines, aligned, _merged(regions))
    slots: list[Slot] = []
    parts: list[str] = []
    done = 0
    for region, (name, label) in zip(regions, named(lines, regions), strict=True):
        texts = [
            "".join(lines[region.start : region.end]),
            *(fork.text(region) for fork in aligned),
        ]
        marked, slot = _framed(Slot(name, label=label, default=texts[0]), texts)
        parts += [*lines[done : region.start], marked]
        slots.append(slot)
        done = region.end
    return "".join([*parts, *lines[done:]]), slots


def _align(base: Sequence[str], fork: str, whole: bool) -> _Aligned:
    lines = split_lines(fork)
    found: list[Match] = [] if whole else matches(*numbered(base, lines), Work())
    places = [-1] * len(base)
    for run in found:
        places[run.old : run.old + run.size] = range(run.new, run.new + run.size)
    return _Aligned(lines, places)


def _changed(base: Sequence[str], forks: Iterable[_Aligned]) -> list[Region]:
    """What each fork changed, removed or inserted."""
    regions: list[Region] = []
    for fork in forks:
        found = [Match(old, new, 1) for old, new in enumerate(fork.places) if new >= 0]
        regions += [Region(gap[0], gap[1]) for gap in gaps(found, len(base), len(fork.lines))]
    return regions


def _merged(regions: Iterable[Region]) -> list[Region]:
    """Regions that overlap or touch as one, in order."""
    merged: list[Region] = []
    for region in sorted(regions):
        if merged and region.start <= merged[-1].end:
            merged[-1] = Region(merged[-1].start, max(merged[-1].end, region.end))
        else:
            merged.append(region)
    return merged


def _widened(base: Sequence[str], forks: Sequence[_Aligned], regions: list[Region]) -> list[Region]:
    """Take in neighbouring lines until no fork leaves a region with a default blank.

    An empty value means "the default", so a fork that deletes base text can only say so by
    a value that still holds a line beside it.
    """
    while True:
        wider = _merged(_wider(base, forks, region) for region in regions)
        if wider == regions:
            return regions
        regions = wider


def _wider(base: Sequence[str], forks: Sequence[_Aligned], region: Region) -> Region:
    default = "".join(base[region.start : region.end])
    texts = (fork.text(region) for fork in forks)
    if not default or all(text.strip() or text == default for text in texts):
        return region
    if region.start:
        return Region(region.start - 1, region.end)
    return Region(region.start, min(region.end + 1, len(base)))


def _framed(slot: Slot, texts: Sequence[str]) -> tuple[str, Slot]:
    """The marker with its surroundings, and the slot with its frame and bare default.

    Line ends that every text begins or ends with belong to the base, not into a form field:
    beside the marker where every text has something to say, else into the slot's frame.
    """
    spoken = [text for text in texts if text]
    before, after = _common_ends(spoken)
    marker = f"{{{{> {slot.name}}}}}"
    bare = slot.default[len(before) : len(slot.default) - len(after)]
    if len(spoken) == len(texts):
        return f"{before}{marker}{after}", replace(slot, default=bare)
    return marker, replace(slot, default=bare, before=before, after=after)


def _common_ends(texts: Sequence[str]) -> tuple[str, str]:
    """Line ends all texts begin and end with; none where a text is nothing else."""
    if not texts or not all(text.strip("\r\n") for text in texts):
        return "", ""
    before = _common_head([_line_ends(_LEADING_ENDS, text) for text in texts])
    ends = [_line_ends(_TRAILING_ENDS, text) for text in texts]
    after = _common_head([end[::-1] for end in ends])[::-1]
    torn = any(text.removesuffix(after).endswith("\r") for text in texts)
    return before, "" if torn else after


def _line_ends(where: re.Pattern[str], text: str) -> str:
    found = where.search(text)
    return found[0] if found else ""


def _common_head(texts: Sequence[str]) -> str:
    head = min(texts, key=len)
    while not all(text.startswith(head) for text in texts):
        head = head[:-1]
    return head
