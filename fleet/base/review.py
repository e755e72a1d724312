"""What is not in order in a base that is being written, each with a way out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry.compose import SLOT_MARKER, Slot, Variable
from registry.slots import declaration_problems

VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}", re.ASCII)
"""A request variable in a text, as the SDK fills it in."""


@dataclass(frozen=True)
class Flaw:
    """One thing to look at. `blocks` stops publishing; `act` is a button that mends it."""

    words: str
    blocks: bool
    act: str = ""
    button: str = ""


def flaws(text: str, slots: Sequence[Slot], variables: Sequence[Variable]) -> list[Flaw]:
    """Everything, what stops publishing first."""
    found = [
        *_markers(text, slots), *_declarations(slots), *_variables(text, slots, variables),
    ]  # fmt: skip
    if not text.strip():
        found.append(Flaw("The text is empty.", blocks=True))
    return sorted(found, key=lambda flaw: not flaw.blocks)


def _markers(text: str, slots: Sequence[Slot]) -> Iterator[Flaw]:
    named = [marker[1] for marker in SLOT_MARKER.finditer(text)]
    declared = [slot.name for slot in slots]
    for name in dict.fromkeys(named):
        if name not in declared:
            words = f"The text has the slot {name}, which is not in the table."
            yield Flaw(words, True, f"declare:{name}", "Add it to the table")
        elif named.count(name) > 1:
            yield Flaw(f"The slot {name} stands {named.count(name)} times in the text.", False)
    for name in dict.fromkeys(declared):
        if name and name not in named:
            words = f"The slot {name} stands nowhere in the text: what a tenant writes is unread."
            yield Flaw(words, False, f"place:{name}", "Put it at the end")
        if declared.count(name) > 1:
            yield Flaw(f"Two slots are called {name or '(nothing)'}. Rename one.", True)


def _declarations(slots: Sequence[Slot]) -> Iterator[Flaw]:
    for slot in slots:
        for problem in declaration_problems(slot):
            where = slot.label or slot.name or "without a name"
            yield Flaw(f"Slot {where}: {problem.message} {problem.hint}".rstrip(), True)


def _variables(text: str, slots: Sequence[Slot], variables: Sequence[Variable]) -> Iterator[Flaw]:
    own = [text, *(part for slot in slots for part in (slot.default, slot.before, slot.after))]
    used = [found[1] for part in own for found in VARIABLE.finditer(part)]
    declared = [variable.name for variable in variables]
    for name in dict.fromkeys(used):
        if name not in declared:
            words = f"The variable {name} is used but not declared: applications cannot know it."
            yield Flaw(words, True, f"variable:{name}", "Declare it")
    for name in dict.fromkeys(declared):
        if not VARIABLE.fullmatch(f"{{{{{name}}}}}"):
            yield Flaw(f"“{name}” cannot be a variable's name: letters, digits, underscores.", True)
        elif name not in used:
            words = f"The variable {name} is declared but the base does not use it itself."
            yield Flaw(words, False)
        if declared.count(name) > 1:
            yield Flaw(f"Two variables are called {name}. Rename one.", True)
