"""A base as its form holds it: rows of typed strings, turned into a content and back.

What is typed is kept as it was typed, also where it is no number; `problems` then says so
and nothing is saved. Rows are numbered in the order they stand on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.base.phrasings import BadPhrasing, lines_of, phrasings_of
from registry import border
from registry.actions import BaseContent
from registry.compose import Slot, Variable

MOST_ROWS = 60
"""Slots or variables of one form: Django reads at most 1,000 fields of a request."""

WORDS = ("name", "label")
"""A slot's single lines; blanks around them mean nothing."""

TEXTS = ("default", "before", "after", "bullet", "help", "example")
"""A slot's texts, kept exactly as they are typed."""

NUMBERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "max_chars": ("limit in characters", int), "max_tokens": ("limit in tokens", int),
    "max_items": ("limit in items", int), "minimum": ("smallest number", float),
    "maximum": ("largest number", float),
}  # fmt: skip
PHRASES = {"choices": "choices", "templates": "templates"}

Row = dict[str, str]
"""One row as typed; `open` says that it is new and stands unfolded."""


@dataclass
class Typed:
    """What the form holds now, and what it cannot be read as."""

    text: str
    slots: list[Row]
    variables: list[Row]
    problems: list[str] = field(default_factory=list)

    @property
    def content(self) -> BaseContent:
        """The content as far as it can be read; `problems` says what was left out."""
        self.problems = []
        return BaseContent(
            self.text,
            tuple(self._slot(row) for row in self.slots),
            tuple(_variable(row) for row in self.variables),
        )

    def _slot(self, row: Row) -> Slot:
        name = row.get("name", "").strip()
        known: dict[str, Any] = {key: row.get(key, "").strip() for key in WORDS}
        known |= {key: row.get(key, "") for key in TEXTS}
        known["type"], known["mode"] = row.get("type", "text"), row.get("mode", "replace")
        known["required"] = bool(row.get("required"))
        for key, (words, read) in NUMBERS.items():
            known[key] = self._number(row.get(key, ""), read, f"Slot {name}: the {words}")
        for key, words in PHRASES.items():
            known[key] = self._phrasings(row.get(key, ""), f"Slot {name}, {words}")
        return Slot.from_json(known)

    def _number(self, typed: str, read: Callable[[str], Any], what: str) -> Any:
        if not typed.strip():
            return None
        try:
            number = read(typed.strip().replace(",", ".") if read is float else typed.strip())
        except ValueError:
            self.problems.append(f"{what} is no number: “{typed.strip()[:40]}”.")
            return None
        if not -1e9 <= number <= 1e9:
            self.problems.append(f"{what} is too large: “{typed.strip()[:40]}”.")
            return None
        # 3.0 and 3 are one number; a whole one is kept as it was declared.
        return int(number) if number == int(number) else number

    def _phrasings(self, typed: str, what: str) -> Any:
        try:
            return [{"label": one.label, "text": one.text} for one in phrasings_of(typed)]
        except BadPhrasing as bad:
            self.problems.append(f"{what}: {bad}")
            return []


def typed_of(content: BaseContent) -> Typed:
    """The form's rows for a content."""
    return Typed(
        content.text, [slot_row(slot) for slot in content.slots],
        [variable_row(variable) for variable in content.variables],
    )  # fmt: skip


def slot_row(slot: Slot) -> Row:
    """A slot as strings."""
    row = {key: getattr(slot, key) for key in (*WORDS, *TEXTS, "type", "mode")}
    row["required"] = "1" if slot.required else ""
    for key in NUMBERS:
        value = getattr(slot, key)
        row[key] = "" if value is None else str(value)
    return row | {key: lines_of(getattr(slot, key)) for key in PHRASES}


def variable_row(variable: Variable) -> Row:
    """A variable as strings."""
    return {
        "name": variable.name, "description": variable.description, "sample": variable.sample,
        "required": "1" if variable.required else "", "pii": "1" if variable.pii else "",
    }  # fmt: skip


def typed_from(post: Mapping[str, str]) -> Typed:
    """What a browser sent, line ends as the product keeps them. UnusableText as `border`."""
    keys = (*WORDS, *TEXTS, "type", "mode", "required", *NUMBERS, *PHRASES, "open")
    return Typed(
        border.from_form(post.get("text", "")),
        _rows(post, "slot", keys),
        _rows(post, "variable", ("name", "description", "sample", "required", "pii")),
    )


def _rows(post: Mapping[str, str], kind: str, keys: Sequence[str]) -> list[Row]:
    found = []
    for place in range(MOST_ROWS):
        if f"{kind}-{place}-name" in post:
            found.append(
                {key: border.from_form(post.get(f"{kind}-{place}-{key}", "")) for key in keys}
            )
    return [_usable(row) for row in found]


def _usable(row: Row) -> Row:
    """A choice that no form offers falls back to the usual one."""
    if "type" in row and row["type"] not in TYPES:
        row["type"] = "text"
    if "mode" in row and row["mode"] not in MODES:
        row["mode"] = "replace"
    return row


TYPES = {
    "text": "Free text", "choice": "A choice", "list": "A list", "number": "A number",
    "examples": "Examples (question and answer)", "glossary": "A glossary (term and meaning)",
}  # fmt: skip
MODES = {"replace": "replaces the default", "append": "follows the default"}


def _variable(row: Row) -> Variable:
    return Variable(
        name=row.get("name", "").strip(), required=bool(row.get("required")),
        pii=bool(row.get("pii")), description=row.get("description", ""),
        sample=row.get("sample", ""),
    )  # fmt: skip
