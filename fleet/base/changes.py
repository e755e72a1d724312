"""What one base says otherwise than another, in words, and the version that follows. Pure.

Semantic versions as the applications and the tenants feel them: what breaks a caller or an
overlay is major, what they may use is minor, what only reads otherwise is a patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from registry.compose import Slot, Variable

Level = Literal["major", "minor", "patch"]

LEVELS: tuple[Level, ...] = ("major", "minor", "patch")

SLOT_WORDS = {
    "label": "name", "help": "help", "default": "default", "required": "whether it must be filled",
    "mode": "whether it replaces or follows the default", "max_chars": "limit in characters",
    "before": "text before it", "after": "text after it", "example": "example", "type": "type",
    "choices": "choices", "minimum": "smallest number", "maximum": "largest number",
    "max_items": "limit in items", "max_tokens": "limit in tokens", "templates": "templates",
    "bullet": "sign before each item",
}  # fmt: skip
"""A slot's fields for people."""

VARIABLE_WORDS = {
    "required": "whether it must be sent", "pii": "whether it is personal",
    "description": "description", "sample": "sample",
}  # fmt: skip
"""A variable's fields for people."""


@dataclass(frozen=True)
class Change:
    """One difference and how far it reaches."""

    level: Level
    words: str


@dataclass(frozen=True)
class Said:
    """A base as far as its versions are compared: text, slots, variables."""

    text: str
    slots: Sequence[Slot]
    variables: Sequence[Variable]


def changes(old: Said, new: Said) -> list[Change]:
    """Every difference, the farthest reaching first."""
    found = [*_slots(old, new), *_variables(old, new)]
    if old.text != new.text:
        found.append(Change("patch", "The text reads otherwise."))
    return sorted(found, key=lambda change: LEVELS.index(change.level))


def proposed(current: str, found: Sequence[Change]) -> str:
    """The version after `current` that these changes ask for; 1.0.0 where there is none."""
    numbers = [int(part) for part in current.split(".") if part.isascii() and part.isdigit()][:3]
    if len(numbers) < 3:
        return "1.0.0"
    place = LEVELS.index(found[0].level) if found else 2
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1, *[0] * (2 - place)]))


def _slots(old: Said, new: Said) -> Iterator[Change]:
    before = {slot.name: slot for slot in old.slots}
    after = {slot.name: slot for slot in new.slots}
    for name in before.keys() - after.keys():
        yield Change("major", f"Slot {name} goes: overlays that fill it no longer compose.")
    for name, slot in after.items():
        if name not in before:
            yield _added_slot(slot)
        else:
            yield from _moved(before[name], slot)


def _added_slot(slot: Slot) -> Change:
    if slot.required and not slot.default:
        return Change("major", f"Slot {slot.name} is new and must be filled by everybody.")
    return Change("minor", f"Slot {slot.name} is new.")


def _moved(old: Slot, new: Slot) -> Iterator[Change]:
    fields = _fields(old, new, SLOT_WORDS)
    if new.required and not new.default and (not old.required or old.default):
        yield Change("major", f"Slot {new.name} must now be filled by everybody.")
    if fields:
        yield Change("patch", f"Slot {new.name}: {', '.join(fields)} changed.")


def _variables(old: Said, new: Said) -> Iterator[Change]:
    before = {variable.name: variable for variable in old.variables}
    after = {variable.name: variable for variable in new.variables}
    for name in before.keys() - after.keys():
        yield Change("major", f"Variable {name} goes: applications that send it are refused.")
    for name, variable in after.items():
        known = before.get(name)
        if known is None:
            must: Level = "major" if variable.required else "minor"
            note = " and must be sent" if variable.required else ""
            yield Change(must, f"Variable {name} is new{note}.")
        elif variable.required and not known.required:
            yield Change("major", f"Variable {name} must now be sent.")
        elif fields := _fields(known, variable, VARIABLE_WORDS):
            yield Change("patch", f"Variable {name}: {', '.join(fields)} changed.")


def _fields(old: Any, new: Any, words: Mapping[str, str]) -> list[str]:
    return [said for name, said in words.items() if getattr(old, name) != getattr(new, name)]
