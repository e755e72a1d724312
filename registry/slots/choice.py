"""One of the texts the base offers, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from registry.compose import Slot
from registry.slots.items import Item
from registry.slots.problem import Misfit, Problem

SHOWN = 60
"""Characters of a wrong text that a message repeats."""


class Choice:
    """The type choice: the value is exactly the text of one of `slot.choices`."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The chosen text; Misfit for any other."""
        if any(text == choice.text for choice in slot.choices):
            return [text]
        said = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        labels = ", ".join(f"“{choice.label}”" for choice in slot.choices)
        raise Misfit(f"“{said}” is not one of the choices.", f"Choose {labels or 'nothing'}.")

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """The chosen text; Misfit for none or several, or for a text that is not offered."""
        if len(items) != 1:
            raise Misfit("Exactly one choice can be made.")
        return str(self.parse(slot, str(items[0]))[0])

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """The choice meant by its text or label, whatever its case and the blanks around it."""
        said = text.strip().casefold()
        meant = {
            choice.text
            for choice in slot.choices
            if said in (choice.text.strip().casefold(), choice.label.strip().casefold())
        }
        return [meant.pop()] if len(meant) == 1 else None

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """None: a text that is offered is allowed."""
        yield from ()
