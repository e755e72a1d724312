"""Free text: any text is one item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from registry.compose import Slot
from registry.slots.items import Item
from registry.slots.problem import Problem


class Text:
    """The type text."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The text itself."""
        return [text]

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """The text itself."""
        return "".join(map(str, items))

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """Never needed: every text is free text."""
        return None

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """None: what free text may say is the policy's matter."""
        yield from ()
