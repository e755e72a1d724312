"""An overlay held against the platform default: what it only repeats, what it contradicts.

Neither ever blocks. A repetition is a warning (it will drift from the default when that
moves on), a contradiction is for a reviewer: the model would read both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from registry.compose import SLOT_MARKER, Slot
from registry.guardrails.engine import MOST_CHARS_READ
from registry.guardrails.findings import QUOTE_CHARS, Finding, Fix
from registry.guardrails.statements import Clause, Statement, statements

REPEATS = "repeats_default"
CONTRADICTS = "contradicts_default"
# Per cent alike (rapidfuzz ratio over the words, case and punctuation apart). A letter
# changed in a short sentence still counts as the same (98), another word does not (84);
# no sentence of the demo's 52 overlays is more than 54 per cent like one of the default.
ALIKE = 90.0
FEWEST_WORDS = 3  # "Be brief." repeats nothing worth telling
SHARED = 0.75  # of the shorter clause's content words, at least two of them
FEWEST_SHARED = 2
NUMBER_CHARS = 40  # a longer one is no number, and its slot says so
_VARIABLE = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True, slots=True)
class Ground:
    """One sentence of the default, and the slot it comes from where it comes from one."""

    statement: Statement
    slot: str | None


def against_default(
    base_text: str, slots: Sequence[Slot], values: Mapping[str, str], locale: str | None = None
) -> list[Finding]:
    """Warnings and reviews on the overlay's values, by the base they are laid into.

    A slot that replaces is meant to differ from its own default, so that default counts
    only as something to repeat; a default another value replaces counts for nothing.
    """
    home = (locale or "").replace("_", "-").partition("-")[0].casefold()
    known = {slot.name: slot for slot in slots}
    ground = list(_ground(base_text, slots, values, home))
    found: list[Finding] = []
    for name, text in values.items():
        slot = known.get(name)
        if slot is None or slot.type != "text" or len(text) > MOST_CHARS_READ:
            continue  # `lint` says so of a text that is too long to be read
        own = [Ground(one, name) for one in statements(slot.default, home)]
        for statement in statements(text, home):
            finding = _judge(statement, name, slot, ground, own)
            if finding:
                found.append(finding)
    return found


def _ground(
    base_text: str, slots: Sequence[Slot], values: Mapping[str, str], home: str
) -> Iterator[Ground]:
    """What the model will read besides the overlay's own words."""
    for statement in statements(_filled(base_text, slots, values), home):
        yield Ground(statement, None)
    for slot in slots:
        stays = slot.mode == "append" or not values.get(slot.name, "").strip()
        if stays and slot.type == "text":
            for statement in statements(slot.default, home):
                yield Ground(statement, slot.name)


def _filled(base_text: str, slots: Sequence[Slot], values: Mapping[str, str]) -> str:
    """The base with what stands inside its sentences ("at most {{> limit}} words")."""
    numbers = {
        slot.name: (values.get(slot.name) or slot.default)[:NUMBER_CHARS]
        for slot in slots
        if slot.type == "number"
    }
    text = SLOT_MARKER.sub(lambda marker: numbers.get(marker[1], "").strip(), base_text)
    return _VARIABLE.sub(" ", text)


def _judge(
    statement: Statement, name: str, slot: Slot, ground: Sequence[Ground], own: Sequence[Ground]
) -> Finding | None:
    for other in ground:
        if other.slot == name and slot.mode == "replace":
            continue
        reason = contradiction(other.statement, statement)
        if reason:
            return _contradicts(statement, name, other, reason)
    for other in (*ground, *own):
        if _same(other.statement, statement):
            return _repeats(statement, name, other)
    return None


def _same(one: Statement, other: Statement) -> bool:
    if len(other.plain.split()) < FEWEST_WORDS:
        return one.plain == other.plain and len(other.plain) > 1
    return fuzz.ratio(one.plain, other.plain) >= ALIKE


def contradiction(default: Statement, overlay: Statement) -> str:
    """Why both cannot be followed, in words for a person; empty where they can."""
    if default.languages and overlay.languages and not default.languages & overlay.languages:
        return f"to answer in {_listed(default.languages)}, not in {_listed(overlay.languages)}"
    ours = dict(default.limits)
    for unit, number in overlay.limits:
        # Fewer words than the default allows keeps to both.
        if unit in ours and number > ours[unit]:
            return f"{ours[unit]} {unit}, not {number}"
    for topic, side in overlay.styles:
        if (topic, 3 - side) in default.styles and (topic, side) not in default.styles:
            return f"otherwise {topic}"
    if any(_opposed(one, other) for one in default.clauses for other in overlay.clauses):
        return "the opposite"
    return ""


def _opposed(one: Clause, other: Clause) -> bool:
    """The same act, once told to do and once told not to."""
    if one.negative == other.negative:
        return False
    shared = one.stems & other.stems
    fewest = min(len(one.stems), len(other.stems))
    return len(shared) >= FEWEST_SHARED and len(shared) >= SHARED * fewest


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))


def _repeats(said: Statement, name: str, other: Ground) -> Finding:
    return Finding(
        rule=REPEATS,
        severity="warn",
        span=said.span,
        quote=said.quote[:QUOTE_CHARS],
        message=f"This only repeats {_where(other)}.",
        hint="Remove the sentence: it is in the prompt already and moves on with the default.",
        slot=name,
        fix=Fix("Remove this sentence", ""),
    )


def _contradicts(said: Statement, name: str, other: Ground, reason: str) -> Finding:
    return Finding(
        rule=CONTRADICTS,
        severity="review",
        span=said.span,
        quote=said.quote[:QUOTE_CHARS],
        message=f"The default says {reason}: {_where(other)}.",
        hint="The model would read both. Say it in that slot, or ask for the default to change.",
        slot=name,
    )


def _where(other: Ground) -> str:
    quote = f"“{other.statement.quote[:QUOTE_CHARS].rstrip('.')}”"
    return f"{quote} of the slot {other.slot}" if other.slot else f"{quote} of the platform default"
