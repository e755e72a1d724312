"""A glossary: one term a line, a colon, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from registry.compose import Slot
from registry.slots.items import Entry, Item, refuse_unwritable, untidy
from registry.slots.listing import bulleted, unbulleted
from registry.slots.problem import Misfit, Problem, Span

BETWEEN = ": "
HINT = "One term a line: the term, a colon, a blank and what it means."
SAID = re.compile(r"(.+?)(?::|=|->|→|–|—|\t)(.+)")
"""How people part a term from its meaning."""


class Glossary:
    """The type glossary."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The entries; Misfit for a line without the bullet or without a colon."""
        return [entry for entry, _ in entries(slot, text)]

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """One line an entry; Misfit for a term or meaning that no line can hold."""
        return "\n".join(_line(slot, item, number) for number, item in enumerate(items, 1))

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """Entries with another bullet, or another sign between term and meaning."""
        found = [SAID.fullmatch(line) for line in unbulleted(slot, text)]
        said = [Entry(match[1].strip(), match[2].strip()) for match in found if match]
        return [*said] if len(said) == len(found) else None

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """Empty or untidy terms and meanings, and terms that stand there twice."""
        seen: set[str] = set()
        for number, (entry, span) in enumerate(entries(slot, text), 1):
            for what, said in (("Term", entry.term), ("Meaning", entry.meaning)):
                problem = untidy(said, f"{what} {number}", span)
                if problem is not None:
                    yield problem
                elif "\r" in said:
                    yield Problem(f"{what} {number} holds a line break.", HINT, span)
            if entry.term.casefold() in seen:
                hint = "Keep one of the two, or put both meanings behind one term."
                yield Problem(f"“{entry.term}” is explained twice.", hint, span)
            seen.add(entry.term.casefold())


def entries(slot: Slot, text: str) -> Iterator[tuple[Entry, Span]]:
    """The entries of a text written as `render` writes it, each with its span; else Misfit."""
    for number, (line, span) in enumerate(bulleted(slot, text), 1):
        term, colon, meaning = line.partition(BETWEEN)
        if not colon:
            raise Misfit(f"Line {number} has a term without a meaning.", HINT, span)
        yield Entry(term, meaning), span


def _line(slot: Slot, item: Item, number: int) -> str:
    if not isinstance(item, Entry):
        raise Misfit(f"Entry {number} is not a term with a meaning.", HINT)
    refuse_unwritable(item.term, f"Term {number}")
    refuse_unwritable(item.meaning, f"Meaning {number}")
    if BETWEEN in item.term:
        raise Misfit(f"Term {number} holds a colon.", "Leave the colon out of the term.")
    return f"{slot.bullet}{item.term}{BETWEEN}{item.meaning}"
