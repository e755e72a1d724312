"""Whether a slot is declared so that somebody can fill it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from registry.compose import ComposeError, Slot
from registry.slots.judge import problems
from registry.slots.problem import Problem

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What a marker in the base can name."""

ONE_VALUE = ("choice", "number")
"""Types whose text is one value: nothing can follow it."""


def declaration_problems(slot: Slot) -> list[Problem]:
    """Why a base may not declare this slot; [] where it may."""
    return [*_name(slot), *_limits(slot), *_choices(slot), *_mode(slot), *_texts(slot)]


def refuse_declarations(slots: Sequence[Slot]) -> None:
    """ComposeError naming the first slot that cannot be declared so, and why."""
    for slot in slots:
        for problem in declaration_problems(slot):
            message = f"Slot {slot.label or slot.name}: {problem.message} {problem.hint}"
            raise ComposeError(message.rstrip())


def _name(slot: Slot) -> Iterator[Problem]:
    if not NAME.fullmatch(slot.name):
        yield Problem(
            f"“{slot.name}” cannot be a slot's name.",
            "Use small letters a to z, digits and underscores, a letter first.",
        )


def _limits(slot: Slot) -> Iterator[Problem]:
    for limit, what in (
        (slot.max_chars, "characters"), (slot.max_tokens, "tokens"), (slot.max_items, "items"),
    ):  # fmt: skip
        if limit is not None and limit < 1:
            yield Problem(f"At most {limit} {what} leaves no room for anything.")
    bounds = [bound for bound in (slot.minimum, slot.maximum) if bound is not None]
    if not all(map(math.isfinite, bounds)):
        yield Problem("The smallest and largest number must be numbers.")
    elif bounds != sorted(bounds):
        yield Problem(f"The smallest number, {bounds[0]}, is above the largest, {bounds[1]}.")
    if "\n" in slot.bullet or "\r" in slot.bullet:
        yield Problem("The sign before each item holds a line break.", "Keep it on one line.")


def _choices(slot: Slot) -> Iterator[Problem]:
    if slot.type != "choice":
        return
    if not slot.choices:
        yield Problem("There is nothing to choose from.", "Give it at least two choices.")
    for values, what in (
        ([choice.text for choice in slot.choices], "text"),
        ([choice.label for choice in slot.choices], "label"),
    ):
        if not all(value.strip() for value in values):
            yield Problem(f"A choice has no {what}.")
        elif len(set(values)) < len(values):
            yield Problem(f"Two choices have the same {what}.")


def _mode(slot: Slot) -> Iterator[Problem]:
    if slot.mode == "append" and slot.type in ONE_VALUE:
        yield Problem(f"A {slot.type} cannot follow the default.", "Let it replace the default.")


def _texts(slot: Slot) -> Iterator[Problem]:
    texts = [("default", slot.default)] if slot.default else []
    texts += [(f"template “{template.label}”", template.text) for template in slot.templates]
    for what, text in texts:
        for problem in problems(slot, text):
            yield Problem(f"The {what} does not fit: {problem.message}", problem.hint)
            break
