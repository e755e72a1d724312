"""What a list says of one model, cleaned; and what was left out, with the reason."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from registry.snapshots import is_dated

LONGEST_PROVIDER, LONGEST_SNAPSHOT, LONGEST_SOURCE = 40, 120, 500
"""Characters: what the columns hold."""

MOST_DOLLARS = Decimal(100_000)
"""USD per million tokens: more is a price per token in the wrong column."""

MOST_TOKENS = 100_000_000
"""A context window larger than that is a mistake of the list."""

FIELDS = ("context_window", "input_price", "output_price", "retires_on", "retires_source")
"""What an entry may say beside the model's name; None and empty: it says nothing."""


@dataclass(frozen=True)
class Entry:
    """One model. Prices in USD per million tokens; `where` is its place in the file."""

    provider: str
    snapshot: str
    where: str
    context_window: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    retires_on: dt.date | None = None
    retires_source: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells models apart."""
        return self.provider, self.snapshot

    def says(self) -> dict[str, Any]:
        """Field -> value, of what it says."""
        known = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in known.items() if value not in (None, "")}


@dataclass(frozen=True)
class Left:
    """What was not taken, and why."""

    name: str
    where: str
    why: str


@dataclass(frozen=True)
class Reading:
    """A file as read: `kind` in words, models in the file's order, and what was left out."""

    kind: str
    entries: list[Entry]
    left: list[Left]


class Bad(ValueError):
    """A value that makes no sense; the message says which and why."""


def entry(where: str, provider: object, snapshot: object, **said: object) -> Entry:
    """An entry of raw values. Bad says what is wrong with the first that is."""
    name = _name("snapshot", snapshot, LONGEST_SNAPSHOT)
    maker = _name("provider", provider, LONGEST_PROVIDER).lower()
    name = name.removeprefix(f"{maker}/")
    if not is_dated(name):
        raise Bad("an alias: it names no dated snapshot.")
    source = said.get("source")
    return Entry(
        maker, name, where,
        tokens(said.get("context_window")), price(said.get("input_price")),
        price(said.get("output_price")), day(said.get("retires_on")),
        _name("source", source, LONGEST_SOURCE) if source else "",
    )  # fmt: skip


def _name(what: str, value: object, longest: int) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text:
        raise Bad(f"no {what}.")
    if len(text) > longest or not text.isprintable():
        raise Bad(f"its {what} is no name: too long, or with control characters.")
    return text


def price(value: object) -> Decimal | None:
    """USD per million tokens, to four places. Bad for what is no price."""
    found = _number(value)
    if found is None:
        return None
    if not 0 <= found <= MOST_DOLLARS:
        raise Bad(f"a price of {found:.6g} USD per million tokens.")
    return found.quantize(Decimal("0.0001"))


def tokens(value: object) -> int | None:
    """Tokens of a context window. Bad for what is none."""
    found = _number(value)
    if found is None:
        return None
    if found != int(found) or not 0 < found <= MOST_TOKENS:
        raise Bad(f"a context window of {found:.6g} tokens.")
    return int(found)


def _number(value: object) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool | list | dict):
        return None
    text = re.sub(r"[\s_,$€]|USD", "", str(value)) if isinstance(value, str) else str(value)
    if text.lower() in ("unknown", "-", "–", "n/a", "none"):
        return None
    try:
        found = Decimal(text[:40])
    except InvalidOperation:
        raise Bad(f"“{str(value)[:40]}” is no number.") from None
    if not found.is_finite() or abs(found.adjusted()) > 30:
        raise Bad(f"“{str(value)[:40]}” is no number.")
    return found


_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
"""How lists write a day. 03/04/2026 is not among them: it is two days."""

_UNKNOWN = frozenset({"", "-", "–", "—", "n/a", "tbd", "tba", "none", "unknown", "not announced"})
"""Words for a day that nobody knows: it stays unknown, whatever the list calls it."""


def day(value: object) -> dt.date | None:
    """A day, or None for one that nobody knows. Bad for what is no day."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date) or value is None:
        return value
    text = " ".join(str(value).split())
    if text.lower() in _UNKNOWN:
        return None
    for form in _FORMS:
        try:
            found = dt.datetime.strptime(text[:40], form).date()
        except ValueError:
            continue
        if 2020 <= found.year <= 2100:
            return found
        break
    raise Bad(f"“{text[:40]}” is no day. Write it as 2026-12-31.")


def sifted(kind: str, entries: Iterable[Entry], left: list[Left]) -> Reading:
    """Each model once: the same row twice counts once, two that disagree count not at all."""
    by_key: dict[tuple[str, str], list[Entry]] = {}
    for one in entries:
        by_key.setdefault(one.key, []).append(one)
    taken: list[Entry] = []
    for rows in by_key.values():
        if len({repr(replace(one, where="")) for one in rows}) == 1:
            taken.append(rows[0])
            continue
        places = ", ".join(one.where for one in rows[:3])
        left.append(Left(rows[0].snapshot, places, f"said {len(rows)} times, and differently."))
    return Reading(kind, taken, left)
