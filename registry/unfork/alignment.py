"""Slot values by lining a text up with the base as it reads with its defaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from registry.compose import SLOT_MARKER, Slot
from registry.diff.align import Work, gaps, matches, numbered, split_lines
from registry.diff.pairs import pair_lines


class _Place(NamedTuple):
    """Where a slot's default stands in the base: characters start..end."""

    slot: Slot
    start: int
    end: int


def values_beside_base(template: str, slots: Sequence[Slot], text: str) -> dict[str, str]:
    """For each slot the text between the lines the base has around it; defaults left out.

    No value comes from a slot whose line differs from the base beside the marker too, nor
    from slots with no whole line between them: those cannot be told apart by lines.
    """
    base, places = _with_defaults(template, slots)
    lines, theirs = split_lines(base), split_lines(text)
    edges = [0, *accumulate(map(len, lines))]
    found = dict(_pairs(lines, theirs))
    stretches = [_stretch(edges, place) for place in places]
    values: dict[str, str] = {}
    for place, (first, last) in zip(places, stretches, strict=True):
        if sum(start <= last and first <= end for start, end in stretches) > 1:
            continue
        head, tail = base[edges[first] : place.start], base[place.end : edges[last]]
        inner = _inside(_between(theirs, found, first, last, len(lines)), head, tail)
        value = inner and _unframed(place.slot, inner)
        if value:
            values[place.slot.name] = value
    return values


def _with_defaults(template: str, slots: Sequence[Slot]) -> tuple[str, list[_Place]]:
    """The base as it reads with its defaults, and where each slot stands in it."""
    declared = {slot.name: slot for slot in slots}
    parts: list[str] = []
    places: list[_Place] = []
    size = done = 0
    for marker in SLOT_MARKER.finditer(template):
        slot = declared[marker[1]]
        literal = template[done : marker.start()]
        default = f"{slot.before}{slot.default}{slot.after}" if slot.default else ""
        start = size + len(literal)
        size = start + len(default)
        places.append(_Place(slot, start, size))
        parts += [literal, default]
        done = marker.end()
    return "".join([*parts, template[done:]]), places


def _stretch(edges: Sequence[int], place: _Place) -> tuple[int, int]:
    """The lines a slot stands on, last excluded; none where its default is empty between lines."""
    first = max(line for line, edge in enumerate(edges) if edge <= place.start)
    if place.end == edges[first]:
        return first, first
    return first, min(line for line, edge in enumerate(edges) if edge >= place.end)


def _pairs(lines: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Base line -> their line: the same lines, and in what was replaced the most similar ones."""
    work = Work()
    found = matches(*numbered(lines, theirs), work)
    for run in found:
        yield from ((run.old + step, run.new + step) for step in range(run.size))
    for gap in gaps(found, len(lines), len(theirs)):
        old, new = lines[gap.old_from : gap.old_to], theirs[gap.new_from : gap.new_to]
        yield from ((gap.old_from + a, gap.new_from + b) for a, b in pair_lines(old, new, work))


def _between(
    theirs: Sequence[str], places: dict[int, int], first: int, last: int, size: int
) -> str:
    """Their text between the nearest lines found above `first` and from `last` on."""
    above = next((line for line in range(first - 1, -1, -1) if line in places), None)
    below = next((line for line in range(last, size) if line in places), None)
    start = 0 if above is None else places[above] + 1
    end = len(theirs) if below is None else places[below]
    return "".join(theirs[start:end])


def _inside(text: str, head: str, tail: str) -> str:
    """What stands between head and tail; "" where the text has not both."""
    if len(text) < len(head) + len(tail) or not (text.startswith(head) and text.endswith(tail)):
        return ""
    return text[len(head) : len(text) - len(tail)]


def _unframed(slot: Slot, text: str) -> str:
    """The overlay's value in a slot's text; "" where it is the default or has another frame."""
    kept = f"{slot.default}\n" if slot.mode == "append" and slot.default else ""
    value = _inside(text, slot.before + kept, slot.after)
    return "" if value == slot.default and not kept else value
