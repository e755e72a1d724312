"""How each kind of JSON value is shown in a form, typed, and written back. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class FieldProblem(ValueError):
    """What was typed, or what the document holds, does not fit; says what to do."""


ABSENT: Any = object()
"""A field left empty: its key is not in the document."""


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


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
