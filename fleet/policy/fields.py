"""Fields of a policy's forms: where each value stands, and what a posted form says of it.

A field writes only where it was typed to say something else than it was opened with.
So what a form does not know, or only shows, comes back exactly as it was. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from fleet.policy.kinds import ABSENT, FieldProblem, Kind

Typed = Mapping[str, Sequence[str]]
"""A posted form: every value of each name."""


@dataclass(frozen=True)
class Field:
    """One field of a form. `path` leads to its value; `aliases` are other last keys in use."""

    path: tuple[str, ...]
    label: str
    kind: Kind
    help: str = ""
    aliases: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    must: bool = False

    @property
    def name(self) -> str:
        """Its name in the form, which is what PolicyError calls it too."""
        return ".".join(self.path)

    def key_in(self, held: Mapping[str, Any]) -> str:
        """The last key the document uses for it."""
        names = (self.path[-1], *self.aliases)
        return next((key for key in names if key in held), self.path[-1])

    def value_in(self, document: Mapping[str, Any]) -> Any:
        """The field's JSON value there, or ABSENT; null counts as left out."""
        held: Any = document
        for key in self.path[:-1]:
            held = held.get(key, {}) if isinstance(held, Mapping) else {}
        value = held.get(self.key_in(held)) if isinstance(held, Mapping) else None
        return ABSENT if value is None else value

    def put_in(self, document: dict[str, Any], value: Any) -> None:
        """Write the value (ABSENT takes the key away)."""
        held = document
        for key in self.path[:-1]:
            held = held.setdefault(key, {})
        if value is ABSENT:
            held.pop(self.key_in(held), None)
        else:
            held[self.key_in(held)] = value


@dataclass(frozen=True)
class Bound:
    """A field with what it shows now, and what is wrong with that."""

    field: Field
    value: str
    problem: str = ""

    @property
    def id(self) -> str:
        """Its id on the page."""
        return "f-" + self.field.name.replace(".", "-")

    @property
    def template(self) -> str:
        """The template of its widget."""
        return f"policy/field/_{self.field.kind.template}.html"

    @property
    def picked(self) -> set[str]:
        """The items chosen, of a list."""
        return set(filter(None, self.value.split("\n")))

    @property
    def ticks(self) -> list[tuple[str, bool]]:
        """Each known item, and whether it is chosen."""
        return [(item, item in self.picked) for item in self.field.known]

    @property
    def others(self) -> str:
        """What is chosen beside the known items."""
        return ", ".join(item for item in self.value.split("\n") if item not in self.field.known)


@dataclass
class Filled:
    """A form after it was read: the document with the typed values, and what does not fit."""

    document: dict[str, Any]
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def shown(fields: Sequence[Field], document: Mapping[str, Any]) -> list[Bound]:
    """The fields with what the document says."""
    bound = []
    for each in fields:
        try:
            bound.append(Bound(each, each.kind.read(each.value_in(document))))
        except FieldProblem as problem:
            bound.append(Bound(each, "", f"What the document holds here {problem}"))
    return bound


def filled(fields: Sequence[Field], document: Mapping[str, Any], post: Typed) -> Filled:
    """Put what was typed into a copy of the document, field by field."""
    found = Filled(deepcopy(dict(document)))
    for each in fields:
        typed = each.kind.typed(post.get(each.name, ()), post.get(f"{each.name}-more", ()))
        found.typed[each.name] = typed
        try:
            _fill(each, found.document, typed)
        except FieldProblem as problem:
            found.problems[each.name] = f"{each.label} {problem}"
    return found


def _fill(each: Field, document: dict[str, Any], typed: str) -> None:
    try:
        if each.kind.same(each.kind.read(each.value_in(document)), typed):
            return
    except FieldProblem:
        pass  # what stands there cannot be shown, so whatever was typed replaces it
    value = each.kind.write(typed)
    if value is ABSENT and each.must:
        raise FieldProblem("is missing.")
    each.put_in(document, value)


def typed_again(fields: Sequence[Field], found: Filled) -> list[Bound]:
    """The fields with what was typed, and its problems beside it."""
    return [
        Bound(each, found.typed[each.name], found.problems.get(each.name, "")) for each in fields
    ]
