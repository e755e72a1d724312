"""Everything the compare page shows, put together from its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.models import User
from registry.views.rows import pins_that_differ
from registry.views.sides import Side, find_sides

CONTEXT_LINES = 3
"""Unchanged lines shown around a change unless the whole text is asked for."""

VIEWS = {"side": "Side by side", "unified": "Unified"}


@dataclass(frozen=True)
class Part:
    """One entry of the layer select: `differs` says whether its two texts do."""

    key: str
    label: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        """Whether there is anything to see."""
        return self.old != self.new


@dataclass(frozen=True)
class Comparison:
    """What differs between two sides, and how it is shown."""

    old: Side
    new: Side
    part: Part
    parts: list[Part]
    view: str
    whole: bool
    everything: bool

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The lines beside each other."""
        return side_by_side(self.part.old, self.part.new, None if self.whole else CONTEXT_LINES)

    @cached_property
    def summary(self) -> Summary:
        """Lines added, removed, changed and moved."""
        return summary(self.rows)

    @property
    def pins(self) -> list[tuple[str, str, str]]:
        """The pins that two Revisions do not share; none where a side is no Revision."""
        if self.old.reduced or self.new.reduced:
            return []
        return pins_that_differ(self.old.revision, self.new.revision)

    @property
    def same_text(self) -> bool:
        """Whether both compose to the very same text."""
        return self.old.text == self.new.text

    @property
    def same_revision(self) -> bool:
        """Whether one Revision stands on both sides as it is."""
        sides = (self.old, self.new)
        return self.old.revision == self.new.revision and not any(one.reduced for one in sides)

    @property
    def old_title(self) -> str:
        """What stands over what was before."""
        return self.old.short if self.one_variant else self.old.full

    @property
    def new_title(self) -> str:
        """What stands over what came after."""
        return self.new.short if self.one_variant else self.new.full

    @property
    def one_variant(self) -> bool:
        """Whether both belong to the same variant."""
        return self.old.revision.variant_id == self.new.revision.variant_id


def find_comparison(user: User, asked: Mapping[str, str], seen_last: str) -> Comparison | None:
    """What the address asks for; None where it names nothing yet, Http404 for what is not there.

    `seen_last` is the view the person chose last, used where the address names none.
    """
    sides = find_sides(user, asked.get("a", ""), asked.get("b", ""))
    if sides is None:
        return None
    parts = _parts(*sides)
    part = next((part for part in parts if part.key == asked.get("layer", "")), parts[0])
    chosen = asked.get("view", seen_last)
    return Comparison(
        *sides, part, parts, chosen if chosen in VIEWS else "side",
        asked.get("context") == "all", asked.get("show") == "blanks",
    )  # fmt: skip


def _parts(old: Side, new: Side) -> list[Part]:
    """The whole, the policy, the base and every slot either base declares."""
    pins, others = old.revision, new.revision
    labels = {slot.name: slot.label or slot.name for slot in (*old.slots, *new.slots)}
    return [
        Part("", "Whole text", old.text, new.text),
        Part("policy", "Policy", pins.policy_version.text, others.policy_version.text),
        Part("base", "Base", pins.base_version.text, others.base_version.text),
        *(
            Part(f"slot-{name}", f"Slot: {label}", _slot(old, name), _slot(new, name))
            for name, label in labels.items()
        ),
    ]


def _slot(side: Side, name: str) -> str:
    return "".join(segment.text for segment in side.segments if segment.slot == name)
