"""Read slot values out of a text against a base with markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from registry.compose import SLOT_MARKER, Slot, compose
from registry.unfork.alignment import values_beside_base

# Tries of the exact reader. Real templates need one or two a slot; adjacent slots with
# nothing between them, or literals that repeat in values, need more.
MAX_TRIES = 20_000


def read_values(template: str, slots: Sequence[Slot], text: str) -> dict[str, str] | None:
    """Values from which composing gives `text` exactly, defaults left out; None if none do.

    Where several readings are exact, the one that lines up with the base's own lines wins.
    """
    for read in (values_beside_base, _values_by_pieces):
        values = read(template, slots, text)
        if values is not None and compose("", template, slots, values).text == text:
            return values
    return None


def _values_by_pieces(template: str, slots: Sequence[Slot], text: str) -> dict[str, str] | None:
    return _Reader(template, slots, text).read()


class _TooManyTries(Exception):
    """The text could be read in too many ways to try them all."""


class _Reader:
    """Matches the literal pieces of a template in order, with a value between each two."""

    def __init__(self, template: str, slots: Sequence[Slot], text: str) -> None:
        declared = {slot.name: slot for slot in slots}
        pieces = SLOT_MARKER.split(template)
        self.literals = pieces[::2]
        self.slots = [declared[name] for name in pieces[1::2]]
        self.repeats = len(set(pieces[1::2])) < len(self.slots)
        self.text = text
        self.tries = 0
        self.dead_ends: set[tuple[int, int]] = set()

    def read(self) -> dict[str, str] | None:
        """All values, or None."""
        if not self.text.startswith(self.literals[0]):
            return None
        try:
            found = self._from(0, len(self.literals[0]), {})
        except _TooManyTries:
            return None
        return found and {name: value for name, value in found.items() if value}

    def _from(self, index: int, at: int, known: Mapping[str, str]) -> dict[str, str] | None:
        """Read slot `index` from position `at` on; "" stands for the default."""
        if index == len(self.slots):
            return dict(known) if at == len(self.text) else None
        if (index, at) in self.dead_ends:
            return None
        name = self.slots[index].name
        for value, end in self._candidates(index, at):
            self.tries += 1
            if self.tries > MAX_TRIES:
                raise _TooManyTries
            if known.get(name, value) != value:
                continue
            found = self._from(index + 1, end, {**known, name: value})
            if found is not None:
                return found
        if not self.repeats:
            self.dead_ends.add((index, at))
        return None

    def _candidates(self, index: int, at: int) -> Iterator[tuple[str, int]]:
        """(value, position after the literal that follows), likeliest first."""
        slot, literal, text = self.slots[index], self.literals[index + 1], self.text
        default = f"{slot.before}{slot.default}{slot.after}" if slot.default else ""
        if text.startswith(default + literal, at):
            yield "", at + len(default) + len(literal)
        kept = f"{slot.default}\n" if slot.mode == "append" and slot.default else ""
        if not text.startswith(slot.before + kept, at):
            return
        start = at + len(slot.before) + len(kept)
        stop = slot.after + literal
        for end in self._ends(index, start + 1, stop):
            if text[start:end] != slot.default or kept:
                yield text[start:end], end + len(stop)

    def _ends(self, index: int, start: int, stop: str) -> Iterator[int]:
        """Where a value that begins before `start` may end: wherever `stop` follows."""
        text = self.text
        if index == len(self.slots) - 1:
            end = len(text) - len(stop)
            if end >= start and text.endswith(stop):
                yield end
        elif stop:
            end = text.find(stop, start)
            while end >= 0:
                yield end
                end = text.find(stop, end + 1)
        else:
            yield from range(len(text), start - 1, -1)
