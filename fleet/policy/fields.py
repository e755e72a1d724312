"""Fields of a policy's forms: how each kind of JSON value is shown, typed and written back.

A field writes only where it was typed to say something else than it was opened with.
So what a form does not know, or only shows, comes back exactly as it was. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any


class FieldProblem(ValueError):
    """What was typed, or what the document holds, does not fit; says what to do."""


ABSENT: Any = object()
"""A field left empty: its key is not in the document."""

Typed = Mapping[str, Sequence[str]]
"""A posted form: every value of each name."""


class Kind:
    """How one kind of value is typed. Shown and typed values are texts."""

    template = "line"

    def read(self, value: Any) -> str:
        """The value as the field shows it; FieldProblem where it is of another kind."""
        if value is ABSENT:
            return ""
        if not isinstance(value, str):
            raise FieldProblem("must be a text.")
        return value

    def typed(self, values: Sequence[str], more: Sequence[str]) -> str:
        """What came from the browser as one text with LF line ends."""
        del more
        return _lf(values[-1]) if values else ""

    def same(self, shown: str, typed: str) -> bool:
        """Whether what was typed says what was shown."""
        return _lf(shown) == typed

    def write(self, typed: str) -> Any:
        """The JSON value, or ABSENT; FieldProblem says what to mend."""
        return typed.strip() or ABSENT


class Line(Kind):
    """One line of text."""

    def same(self, shown: str, typed: str) -> bool:
        return re.sub(r"[\r\n]", "", shown) == typed  # a browser drops line ends here


class Area(Kind):
    """Several lines of text."""

    template = "area"


class Pattern(Kind):
    """A regular expression: blanks count."""

    template = "pattern"

    def write(self, typed: str) -> Any:
        return typed or ABSENT


@dataclass(frozen=True)
class Lines(Kind):
    """A list of texts, one a line. `check` may refuse one of them."""

    check: Callable[[str], None] | None = None
    template = "lines"

    def read(self, value: Any) -> str:
        if value is ABSENT:
            return ""
        if isinstance(value, str):
            return value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise FieldProblem("must be a list of texts.")
        return "\n".join(value)

    def write(self, typed: str) -> Any:
        items = [line.strip() for line in typed.split("\n") if line.strip()]
        for item in items if self.check else ():
            assert self.check is not None
            self.check(item)
        return list(dict.fromkeys(items)) or ABSENT


class Picks(Lines):
    """A list of texts, most of them among known ones: ticks, and a line for others."""

    template = "picks"

    def typed(self, values: Sequence[str], more: Sequence[str]) -> str:
        others = [item.strip() for text in more for item in re.split(r"[,\n]", _lf(text))]
        return "\n".join(item for item in (*values, *others) if item)

    def same(self, shown: str, typed: str) -> bool:
        return set(filter(None, shown.split("\n"))) == set(filter(None, typed.split("\n")))


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number from 0 up."""

    template = "number"

    def read(self, value: Any) -> str:
        if value is ABSENT:
            return ""
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise FieldProblem("must be a whole number.")
        return str(value)

    def write(self, typed: str) -> Any:
        text = typed.strip().replace(",", "").replace(" ", "")
        if not text:
            return ABSENT
        if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS:
            raise FieldProblem(f"must be a whole number of at most {MOST_DIGITS} digits.")
        return int(text)


MOST_DIGITS = 9


class Share(Kind):
    """A number from 0 to 1."""

    template = "share"

    def read(self, value: Any) -> str:
        if value is ABSENT:
            return ""
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise FieldProblem("must be a number from 0 to 1.")
        return str(value)

    def write(self, typed: str) -> Any:
        if not typed.strip():
            return ABSENT
        try:
            share = float(typed.strip().replace(",", "."))
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise FieldProblem("must be a number from 0 to 1, such as 0.4.")
        return share


@dataclass(frozen=True)
class Tick(Kind):
    """Yes or no; `absent` is what a missing key means."""

    absent: bool = False
    template = "tick"

    def read(self, value: Any) -> str:
        if value is ABSENT:
            value = self.absent
        if not isinstance(value, bool):
            raise FieldProblem("must be true or false.")
        return "yes" if value else ""

    def write(self, typed: str) -> Any:
        return bool(typed)


@dataclass(frozen=True)
class Choice(Kind):
    """One of `options`, as (value, label); an empty value leaves the key out."""

    options: tuple[tuple[str, str], ...] = ()
    template = "choice"

    def write(self, typed: str) -> Any:
        if typed not in {value for value, _ in self.options}:
            raise FieldProblem("must be one of the choices.")
        return typed or ABSENT


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


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
