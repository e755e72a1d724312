"""Two people changed one overlay: what was, what each made of it, slot by slot. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from registry.compose import Slot
from registry.diff import DiffRow, side_by_side

Take = Literal["theirs", "mine", "edit", ""]
TAKES: tuple[Take, ...] = ("theirs", "mine", "edit")


class Undecided(Exception):
    """Some slot that both changed has no choice yet; the message names them."""


@dataclass(frozen=True)
class SlotMerge:
    """One slot's three texts; `take` is the choice so far, "" where a person has to make it."""

    name: str
    label: str
    was: str
    theirs: str
    mine: str
    take: Take
    edited: str

    @property
    def is_conflict(self) -> bool:
        """Whether both changed it, and not to the same text."""
        return self.theirs != self.mine and self.was not in (self.theirs, self.mine)

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to choose."""
        return self.theirs == self.mine

    @property
    def rows_theirs(self) -> list[DiffRow]:
        """What they made of it."""
        return side_by_side(self.was, self.theirs)

    @property
    def rows_mine(self) -> list[DiffRow]:
        """What was made of it here."""
        return side_by_side(self.was, self.mine)

    @property
    def chosen(self) -> str:
        """The text that comes out of the choice."""
        return {"theirs": self.theirs, "mine": self.mine, "edit": self.edited, "": ""}[self.take]


def merge(
    slots: Sequence[Slot],
    was: Mapping[str, str],
    theirs: Mapping[str, str],
    mine: Mapping[str, str],
    takes: Mapping[str, str] | None = None,
    edited: Mapping[str, str] | None = None,
) -> list[SlotMerge]:
    """Every slot that anybody filled. What only one side changed is chosen beforehand."""
    labels = {slot.name: slot.label or slot.name for slot in slots}
    filled = {name for side in (was, theirs, mine) for name, text in side.items() if text}
    order = [*labels, *sorted(filled - labels.keys())]
    return [
        _slot(
            name, labels.get(name, name),
            (was.get(name, ""), theirs.get(name, ""), mine.get(name, "")),
            (takes or {}).get(name, ""), (edited or {}).get(name),
        )
        for name in order if name in filled
    ]  # fmt: skip


def resolved(slots: Sequence[SlotMerge]) -> dict[str, str]:
    """The values that come out of the choices; Undecided where one is missing."""
    open_ones = [slot.label for slot in slots if not slot.take]
    if open_ones:
        raise Undecided(f"Choose a text for {', '.join(open_ones)}.")
    return {slot.name: slot.chosen for slot in slots}


def _slot(
    name: str, label: str, texts: tuple[str, str, str], take: str, edited: str | None
) -> SlotMerge:
    was, theirs, mine = texts
    chosen = next((known for known in TAKES if known == take), None) or _by_itself(*texts)
    return SlotMerge(name, label, was, theirs, mine, chosen, mine if edited is None else edited)


def _by_itself(was: str, theirs: str, mine: str) -> Take:
    """The side to take where only one of them changed anything."""
    if theirs in (mine, was):
        return "mine"
    return "theirs" if mine == was else ""
