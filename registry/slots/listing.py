"""A list: one item a line, each behind the slot's bullet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from registry.compose import Slot
from registry.slots.items import Item, lines_of, refuse_unwritable, untidy
from registry.slots.problem import Misfit, Problem, Span

ANY_BULLET = re.compile(r"\s*(?:[-*+•‣–—]|\d{1,3}[.)])\s+")
"""What people put before an item: a dash, star or dot, or a number."""


class Listing:
    """The type list."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The items; Misfit for a line without the bullet."""
        return [item for item, _ in bulleted(slot, text)]

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """One line an item; Misfit for an item that is empty, untidy or has several lines."""
        for number, item in enumerate(items, 1):
            refuse_unwritable(str(item), f"Item {number}")
        return "\n".join(f"{slot.bullet}{item}" for item in items)

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """Every line that is not empty as an item, without whatever bullet it has."""
        return [*unbulleted(slot, text)]

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """Items that are empty or have blanks around them."""
        for number, (item, span) in enumerate(bulleted(slot, text), 1):
            problem = untidy(item, f"Item {number}", span)
            if problem is not None:
                yield problem
            elif "\r" in item:
                yield Problem(f"Item {number} holds a line break.", "Keep it on one line.", span)


def bulleted(slot: Slot, text: str) -> Iterator[tuple[str, Span]]:
    """Each line without the slot's bullet, and the line's span; Misfit for one without it."""
    for number, line, span in lines_of(text):
        if not line.startswith(slot.bullet):
            message = f"Line {number} does not begin as an item does."
            raise Misfit(message, f"One item a line, each with “{slot.bullet}” before it.", span)
        yield line[len(slot.bullet) :], span


def unbulleted(slot: Slot, text: str) -> Iterator[str]:
    """The lines that hold something, without the bullets and blanks around them.

    A slot without a bullet keeps what its items begin with: “5) is a smiley” stays.
    """
    for _, line, _ in lines_of(text.replace("\r\n", "\n").replace("\r", "\n")):
        item = line.removeprefix(slot.bullet)
        if slot.bullet.strip() and (found := ANY_BULLET.match(line)):
            item = line[found.end() :] if not line.startswith(slot.bullet) else item
        if item.strip() and item.strip() != slot.bullet.strip():
            yield item.strip()
