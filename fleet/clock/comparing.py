"""What a list would change of the models we know, before anything is changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fleet.clock.reading import Entry, Left, Reading
from registry.days import day
from registry.models import ModelTarget

WORDS = {
    "context_window": "context window", "input_price": "input price",
    "output_price": "output price", "retires_on": "retires on", "retires_source": "source",
}  # fmt: skip
"""Field -> its word."""

_OF_RETIREMENT = (WORDS["retires_on"], WORDS["retires_source"])


def in_words(value: object) -> str:
    """A fact as people read it: a day, a price without its noughts; empty where unknown."""
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value or "")


@dataclass(frozen=True)
class Change:
    """One model: `target` None where it is new; `fields` are (word, old, new)."""

    entry: Entry
    target: ModelTarget | None
    fields: tuple[tuple[str, object, object], ...]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """The fields in words."""
        return [(word, in_words(old), in_words(new)) for word, old, new in self.fields]

    @property
    def further(self) -> str:
        """What is said beside the retirement, in one line."""
        told = [f"{word} {new}" for word, _, new in self.told if word not in _OF_RETIREMENT]
        return ", ".join(told)

    @property
    def moves_date(self) -> bool:
        """Whether a day that is known becomes another day."""
        return any(word == "retires on" and old for word, old, _ in self.fields)


@dataclass(frozen=True)
class Comparison:
    """A list against what is known."""

    new: list[Change]
    changed: list[Change]
    unchanged: list[Change]
    left: list[Left]


def compare(reading: Reading, *, source: str = "") -> Comparison:
    """Sort the models of a list; one query.

    What a list does not say stays as it is: nothing becomes unknown by it. `source` is where a
    date was read for which the list names none; a date without any is left out.
    """
    known = {
        (one.provider.lower(), one.snapshot): one
        for one in ModelTarget.objects.filter(
            snapshot__in={entry.snapshot for entry in reading.entries}
        )
    }
    found = Comparison([], [], [], list(reading.left))
    for entry in reading.entries:
        entry = _sourced(entry, source)
        target = known.get(entry.key)
        if entry.retires_on and not entry.retires_source:
            why = "a retirement date without a source. Say where the list comes from."
            found.left.append(Left(entry.snapshot, entry.where, why))
            continue
        change = Change(entry, target, tuple(_differences(entry, target)))
        if target is None:
            found.new.append(change)
        else:
            (found.changed if change.fields else found.unchanged).append(change)
    return found


def _sourced(entry: Entry, source: str) -> Entry:
    """With the source of its date; a source without a date is that of a price."""
    if entry.retires_on is None:
        return replace(entry, retires_source="")
    return replace(entry, retires_source=entry.retires_source or source)


def _differences(entry: Entry, target: ModelTarget | None) -> list[tuple[str, object, object]]:
    """What differs. Another source for the same day is no difference."""
    said: dict[str, Any] = entry.says()
    if target is not None and target.retires_on == entry.retires_on:
        said.pop("retires_source", None)
    return [
        (WORDS[name], getattr(target, name, None), value)
        for name, value in said.items()
        if getattr(target, name, None) != value
    ]
