"""What a slot's text is made of: the items that a type reads out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from registry.compose import Slot
from registry.slots.problem import Misfit, Problem, Span


class Example(NamedTuple):
    """A question and the answer the model is to imitate; both may have several lines."""

    question: str
    answer: str


class Entry(NamedTuple):
    """A term of a glossary and what it means."""

    term: str
    meaning: str


Item = str | Decimal | Example | Entry


class SlotKind(Protocol):
    """What each type of slot knows. All functions take the slot for its choices and limits."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The items of a text written exactly as the type writes it; Misfit otherwise."""

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """The text of the items; Misfit where an item cannot be written unambiguously."""

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """The items a person meant, where that is plain though it is written otherwise."""

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """What is wrong with the items of a text that can be read."""


def lines_of(text: str) -> Iterator[tuple[int, str, Span]]:
    """The lines of a text without their line ends, each with its number and its span."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line, (start, start + len(line))
        start += len(line) + 1


def untidy(text: str, what: str, span: Span | None = None) -> Problem | None:
    """Why a part of an item may not stand as it is: empty, or blanks around it."""
    if not text.strip():
        return Problem(f"{what} is empty.", "Write something, or remove it.", span)
    if text != text.strip():
        return Problem(f"{what} has blanks before or after it.", "Remove the blanks.", span)
    return None


def refuse_unwritable(text: str, what: str, *, lines: bool = False) -> None:
    """Misfit for what no item may be: empty, blanks around it, or broken over lines."""
    problem = untidy(text, what)
    if problem is not None:
        raise Misfit(problem.message, problem.hint)
    if "\r" in text or ("\n" in text and not lines):
        raise Misfit(f"{what} holds a line break.", "Keep it on one line.")
