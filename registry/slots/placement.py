"""Where in the base each slot stands, in words for who fills it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from registry.compose import SLOT_MARKER, Slot

HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Placement:
    """A slot's place: 1 for the first in the text, of how many, under which heading.

    `after` is the slot before it, None for the first. `lead` and `rest` are what the base
    has on the marker's own line before and behind it: a number often stands in a sentence.
    """

    position: int
    of: int
    heading: str = ""
    after: str | None = None
    lead: str = ""
    rest: str = ""

    @property
    def in_sentence(self) -> bool:
        """Whether the base's own words stand on both sides of the value."""
        return bool(self.lead.strip() and self.rest.strip())


def placements(base_text: str, slots: Sequence[Slot]) -> dict[str, Placement]:
    """The place of every declared slot that the base text names, by name, in reading order."""
    declared = {slot.name for slot in slots}
    headings = list(HEADING.finditer(base_text))
    found: dict[str, Placement] = {}
    first: dict[str, re.Match[str]] = {}
    for marker in SLOT_MARKER.finditer(base_text):
        if marker[1] in declared:
            first.setdefault(marker[1], marker)
    after = None
    for position, (name, marker) in enumerate(first.items(), 1):
        heading = [one[1].strip(" \t#") for one in headings if one.start() < marker.start()][-1:]
        lead, rest = _line_around(base_text, marker)
        found[name] = Placement(
            position, len(first), heading[0] if heading else "", after, lead, rest
        )
        after = name
    return found


def _line_around(text: str, marker: re.Match[str]) -> tuple[str, str]:
    start = text.rfind("\n", 0, marker.start()) + 1
    end = text.find("\n", marker.end())
    line_end = len(text) if end < 0 else end
    return (
        SLOT_MARKER.sub("", text[start : marker.start()]),
        SLOT_MARKER.sub("", text[marker.end() : line_end]),
    )
