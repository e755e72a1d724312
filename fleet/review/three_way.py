"""An overlay that was written on one base, carried over to what is there today. Pure.

Slot by slot: what the overlay started from, what the review made of it, what is live by now,
and what the base's slot and its default were and are. Where only one side moved the merge is
clear; where both did, or the ground is gone, a person has to choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from registry.compose import Slot

Conflict = Literal["", "gone", "default", "both"]

WORDS: dict[Conflict, str] = {
    "": "",
    "gone": "The base no longer has this slot. Move its text to another slot or leave it out.",
    "default": "The base's own text for this slot changed since this overlay replaced it.",
    "both": "What is live changed this slot too, to another text.",
}
"""What is wrong with a slot and what that means, for the page."""


@dataclass(frozen=True)
class SlotRebase:
    """One slot. Texts are the overlay's values, "" where it leaves the slot to the base.

    `was`: what the review started from; `mine`: what it says; `now`: what is live says;
    `default_was`, `default_now`: the base's own text then and today. `proposal` is the merged
    value, None where `conflict` names why a person has to choose.
    """

    name: str
    label: str
    was: str
    mine: str
    now: str
    default_was: str
    default_now: str
    conflict: Conflict
    proposal: str | None

    @property
    def words(self) -> str:
        """The conflict in a sentence; empty for none."""
        return WORDS[self.conflict]

    @property
    def is_untouched(self) -> bool:
        """Whether neither the review, nor what is live, nor the base moved here."""
        return self.was == self.mine == self.now and self.default_was == self.default_now


def three_way(
    old_slots: Sequence[Slot],
    new_slots: Sequence[Slot],
    was: Mapping[str, str],
    mine: Mapping[str, str],
    now: Mapping[str, str],
) -> list[SlotRebase]:
    """Every slot of today's base, and those that are gone though somebody filled them."""
    before = {slot.name: slot for slot in old_slots}
    today = {slot.name: slot for slot in new_slots}
    filled = {name for side in (was, mine, now) for name, text in side.items() if text}
    order = [*today, *(name for name in before if name in filled and name not in today)]
    order += sorted(filled - set(order))
    return [
        _slot(
            name, before.get(name), today.get(name),
            (was.get(name, ""), mine.get(name, ""), now.get(name, "")),
        )
        for name in order
    ]  # fmt: skip


def proposal_of(slots: Sequence[SlotRebase]) -> dict[str, str] | None:
    """The merged overlay, or None while some slot needs a choice."""
    if any(slot.conflict for slot in slots):
        return None
    return {slot.name: slot.proposal for slot in slots if slot.proposal}


def _slot(
    name: str, before: Slot | None, today: Slot | None, texts: tuple[str, str, str]
) -> SlotRebase:
    was, mine, now = texts
    shown = today or before
    old = before.default if before else ""
    new = today.default if today else ""
    merged = mine if now in (was, mine) else now if mine == was else None
    conflict = _conflict(before, today, was, mine, merged)
    return SlotRebase(
        name, shown.label or name if shown else name, was, mine, now, old, new, conflict,
        None if conflict else merged if today else "",
    )  # fmt: skip


def _conflict(
    before: Slot | None, today: Slot | None, was: str, mine: str, merged: str | None
) -> Conflict:
    """Why a person has to choose.

    A changed default matters where this review put its own words in its place: what the base's
    author mended there may be missing in them. Where they stand behind it, both are kept.
    """
    if today is None:
        return "gone" if mine else ""
    if merged is None:
        return "both"
    moved = before is not None and before.default != today.default
    replaces = today.mode == "replace" and mine not in ("", was)
    return "default" if moved and replaces and mine != today.default else ""
