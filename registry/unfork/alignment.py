"""Slot values by lining a text up with the base as it reads with its defaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from registry.compose import SLOT_MARKER, Slot
from registry.diff.align import Work, matches, numbered, split_lines


class _Place(NamedTuple):
    """Where a slot's default stands in the base: characters start..end."""

    slot: Slot
    start: int
    end: int


def values_beside_base(template: str, slots: Sequence[Slot], text: str) -> dict[str, str]:
    """For each slot the text between the lines the base has around it; defaults left out.

    A slot whose line differs from the base beside the marker too gives no value.
    """
    base, places = _with_defaults(template, slots)
    lines = split_lines(base)
    edges = [0, *accumulate(map(len, lines))]
    theirs = split_lines(text)
    line_places = dict(_pairs(lines, theirs))
    values: dict[str, str] = {}
    for place in places:
        first = _last_at_most(edges, place.start)
        last = first if place.end == edges[first] else _first_at_least(edges, place.end)
        head, tail = base[edges[first] : place.start], base[place.end : edges[last]]
        between = _between(theirs, line_places, first, last, len(lines))
        if (
            len(between) >= len(head) + len(tail)
            and between.startswith(head)
            and between.endswith(tail)
        ):
            value = _unframed(place.slot, between[len(head) : len(between) - len(tail)])
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


def _pairs(lines: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int]]:
    for run in matches(*numbered(lines, theirs), Work()):
        yield from zip(
            range(run.old, run.old + run.size), range(run.new, run.new + run.size), strict=True
        )


def _between(
    theirs: Sequence[str], places: dict[int, int], first: int, last: int, size: int
) -> str:
    """Their text between the nearest lines found above `first` and from `last` on."""
    above = next((line for line in range(first - 1, -1, -1) if line in places), None)
    below = next((line for line in range(last, size) if line in places), None)
    start = 0 if above is None else places[above] + 1
    end = len(theirs) if below is None else places[below]
    return "".join(theirs[start:end])


def _unframed(slot: Slot, text: str) -> str:
    """The overlay's value in a slot's text; "" where it is the default or has another frame."""
    kept = f"{slot.default}\n" if slot.mode == "append" and slot.default else ""
    head = slot.before + kept
    if not text.startswith(head) or not text.endswith(slot.after):
        return ""
    value = text[len(head) : len(text) - len(slot.after)]
    return "" if value == slot.default and not kept else value


def _last_at_most(edges: Sequence[int], at: int) -> int:
    """The line that holds character `at`; the line count at the very end."""
    return max(line for line, edge in enumerate(edges) if edge <= at)


def _first_at_least(edges: Sequence[int], at: int) -> int:
    return min(line for line, edge in enumerate(edges) if edge >= at)
