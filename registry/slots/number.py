"""A number in canonical decimal notation: the same in every language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

from registry.compose import Slot
from registry.slots.items import Item
from registry.slots.problem import Misfit, Problem

CANONICAL = re.compile(r"(?!-0$)-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
"""Digits 0 to 9, a point before decimals, no grouping, no plus, no zeros to spare."""

GROUPED = re.compile(r"-?\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+")
PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?")
AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
"""1,250 and 1.250 are a thousand and more in one country, and little more than one in another."""

HINT = "Write digits only, with a point before decimals: 80 or 0.5."
LONGEST = 40
"""Characters a number is read to: beyond this nobody meant a number."""


class Number:
    """The type number."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The number; Misfit for any other notation."""
        if len(text) > LONGEST or not CANONICAL.fullmatch(text):
            raise Misfit("This is not a number as the prompt needs it.", HINT)
        return [Decimal(text)]

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """The number's canonical notation; Misfit for none, several, or no finite number."""
        if len(items) != 1 or not isinstance(items[0], Decimal) or not items[0].is_finite():
            raise Misfit("Exactly one number can be given.", HINT)
        return plain(items[0])

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """The number in another notation (“1 500”, “0,5”, other digits); None where two fit."""
        said = _western(text.strip())
        if len(said) > LONGEST:
            return None
        if GROUPED.fullmatch(said):
            return [Decimal(re.sub(r"[^\d-]", "", said))]
        if not PLAIN.fullmatch(said) or AMBIGUOUS.fullmatch(said):
            return None
        return [Decimal(said.replace(",", "."))]

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """Below the minimum or above the maximum."""
        value = Decimal(text)
        low, high = bound(slot.minimum), bound(slot.maximum)
        if low is not None and value < low:
            yield Problem(f"{text} is below {plain(low)}.", _range(low, high))
        if high is not None and value > high:
            yield Problem(f"{text} is above {plain(high)}.", _range(low, high))


def plain(number: Decimal) -> str:
    """Canonical notation of a finite number."""
    digits = format(number, "f")
    if "." in digits:
        digits = digits.rstrip("0").removesuffix(".")
    return "0" if digits == "-0" else digits


def bound(limit: float | None) -> Decimal | None:
    """A limit as the decimal number that was written: 0.1 is 0.1, not its nearest float."""
    return None if limit is None else Decimal(str(limit))


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"Between {plain(low)} and {plain(high)} is allowed."
    return f"At least {plain(low)}." if low is not None else f"At most {plain(high or Decimal())}."


def _western(text: str) -> str:
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return "".join(digits).replace("\u2212", "-").replace("\u066b", ".").removeprefix("+")
