"""One slot of the overlay form: what it may hold, where it stands, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry import slots
from registry.compose import Phrasing, Slot
from registry.guardrails import Finding

PREFIX = "slot-"
"""Field names of the form are this and the slot's name: no slot can shadow another field."""


@dataclass(frozen=True)
class SlotField:
    """One slot as a form field.

    `gone`: the base has no such slot any more. `place_after` is the label of the slot that
    stands before it in the prompt.
    """

    slot: Slot
    position: int
    value: str
    findings: Sequence[Finding] = ()
    gone: bool = False
    place: slots.Placement | None = None
    place_after: str = ""

    @property
    def name(self) -> str:
        """The field's name and its element's id."""
        return f"{PREFIX}{self.slot.name}"

    @property
    def label(self) -> str:
        """What stands over the field."""
        return label_of(self.slot)

    @property
    def template(self) -> str:
        """The part that draws the field's widget."""
        return f"authoring/overlay/slots/_{self.slot.type}.html"

    @property
    def fits(self) -> bool:
        """Whether the text is written as the slot's type wants it."""
        return slots.fits(self.slot, self.value)

    @property
    def has_one_control(self) -> bool:
        """Whether one input is the field, so that a label can name it."""
        return self.slot.type in ("text", "number")

    @property
    def offered(self) -> list[Phrasing]:
        """The choices but for the one that is the default: leaving it empty says that."""
        default, value = self.slot.default, self.value
        return [one for one in self.slot.choices if one.text in (value, "") or one.text != default]

    @property
    def is_chosen(self) -> bool:
        """Whether the text is one of the choices offered."""
        return any(choice.text == self.value for choice in self.offered)

    @property
    def default_label(self) -> str:
        """What the default is called among the choices, if it is one."""
        named = (one.label for one in self.slot.choices if one.text == self.slot.default)
        return next(named, "")

    @property
    def low(self) -> str:
        """The smallest number allowed, "" for any."""
        low = slots.bound(self.slot.minimum)
        return "" if low is None else slots.plain(low)

    @property
    def high(self) -> str:
        """The largest number allowed, "" for any."""
        high = slots.bound(self.slot.maximum)
        return "" if high is None else slots.plain(high)

    @property
    def limits(self) -> str:
        """The type's limits in words, "" where it has none."""
        if self.slot.type == "number":
            between = f"{self.low} to {self.high}" if self.low and self.high else ""
            one_sided = f"at least {self.low}" if self.low else f"at most {self.high}"
            return between or (one_sided if self.low or self.high else "")
        return f"at most {self.slot.max_items} entries" if self.slot.max_items else ""

    @property
    def step(self) -> int:
        """How far one press of plus or minus goes: a range of 100 or more goes by tens."""
        low, high = self.slot.minimum, self.slot.maximum
        return 10 if low is None or high is None or high - low >= 100 else 1

    @property
    def rows(self) -> int:
        """Lines the field opens with, where the browser cannot fit it to its text."""
        return min(12, max(3, self.value.count("\n") + 1 + len(self.value) // 70))

    @property
    def is_counted(self) -> bool:
        """Whether its characters are worth counting: one number or a set text needs no meter."""
        return self.is_over or self.slot.type not in ("choice", "number")

    @property
    def used(self) -> int:
        """Characters (code points) typed."""
        return len(self.value.replace("\r\n", "\n"))

    @property
    def is_over(self) -> bool:
        """Whether it holds more than it may."""
        return self.slot.max_chars is not None and self.used > self.slot.max_chars


def label_of(slot: Slot) -> str:
    """A slot's label, or its name in words."""
    return slot.label or slot.name.replace("_", " ").capitalize()
