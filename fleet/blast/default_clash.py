"""Which overlays newly repeat or contradict what a base says, without reading all of it again.

`registry.guardrails.against_default` reads every sentence of base and overlay. A base edit
changes a few: only an overlay with a sentence that could have to do with one of those is held
against the whole, and then under both bases. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from registry.compose import SLOT_MARKER, Slot
from registry.guardrails import Finding
from registry.guardrails.against_default import (
    ALIKE,
    FEWEST_SHARED,
    SHARED,
    against_default,
    contradiction,
)
from registry.guardrails.statements import Statement, statements

ANY_HOME = ""
"""The language only tells a sentence's yes from its no, which is left to the full reading."""


class DefaultClash:
    """An old base against a new one, over many overlays; remembers what it worked out."""

    def __init__(self, old: tuple[str, Sequence[Slot]], new: tuple[str, Sequence[Slot]]) -> None:
        self._old, self._new = old, new
        self._moved = [
            statement
            for text in (*_only_in(old, new), *_only_in(new, old))
            for statement in statements(text, ANY_HOME)
        ]
        self._free = {slot.name for slot in (*old[1], *new[1]) if slot.type == "text"}
        self._touched: dict[str, bool] = {}

    def touches(self, key: str, values: Mapping[str, str]) -> bool:
        """Whether any sentence of these values could have to do with what changed."""
        if not self._moved:
            return False
        found = self._touched.get(key)
        if found is None:
            texts = [text for name, text in values.items() if name in self._free]
            found = self._touched[key] = any(
                _could_clash(moved, said)
                for text in texts
                for said in statements(text, ANY_HOME)
                for moved in self._moved
            )
        return found

    def before(self, values: Mapping[str, str], locale: str) -> list[Finding]:
        """What the old base has against these values."""
        return against_default(*self._old, values, locale)

    def after(self, values: Mapping[str, str], locale: str) -> list[Finding]:
        """What the new base has against these values."""
        return against_default(*self._new, values, locale)


def _only_in(one: tuple[str, Sequence[Slot]], other: tuple[str, Sequence[Slot]]) -> Iterable[str]:
    """Paragraphs and defaults that the other base does not have."""
    known = {slot.name: _said(slot) for slot in other[1]}
    moved = {slot.name: slot for slot in one[1] if known.get(slot.name) != _said(slot)}
    paragraphs = set(other[0].split("\n\n"))
    for paragraph in one[0].split("\n\n"):
        names = {marker[1] for marker in SLOT_MARKER.finditer(paragraph)}
        if paragraph not in paragraphs or names & moved.keys():
            yield SLOT_MARKER.sub(lambda found: _inside(found[1], one[1]), paragraph)
    yield from (slot.default for slot in moved.values() if slot.default)


def _said(slot: Slot) -> Slot:
    """The slot as far as it says something."""
    return replace(Slot(slot.name), default=slot.default, mode=slot.mode, type=slot.type)


def _inside(name: str, slots: Sequence[Slot]) -> str:
    """What stands in a sentence in a marker's place: only numbers do."""
    return next((slot.default for slot in slots if slot.name == name and slot.type == "number"), "")


def _could_clash(default: Statement, said: Statement) -> bool:
    if default.plain == said.plain or fuzz.ratio(default.plain, said.plain) >= ALIKE:
        return True
    if contradiction(default, said):
        return True
    return any(
        _share(len(one.stems & other.stems), min(len(one.stems), len(other.stems)))
        for one in default.clauses
        for other in said.clauses
    )


def _share(shared: int, fewest: int) -> bool:
    return shared >= FEWEST_SHARED and shared >= SHARED * fewest
