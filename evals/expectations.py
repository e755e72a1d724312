"""An expectation as people read and fill it in: words, and form fields by the catalogue. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from evals.scorers.catalogue import CATALOGUE, GROUPS, Entry, Parameter

LONGEST_SHOWN = 100
"""Characters of a value that a list of cases shows."""

MOST_DIGITS = 12


class Unfit(ValueError):
    """What was typed into a field cannot be its value; the message says why."""


def in_words(expectation: Mapping[str, Any]) -> str:
    """An expectation as a phrase: `Says one of: refund, exchange`."""
    name = str(expectation.get("scorer", ""))
    entry = CATALOGUE.get(name)
    label = entry.label if entry else name.replace("_", " ")
    told = [_told(entry, key, value) for key, value in expectation.items() if key != "scorer"]
    rest = "; ".join(one for one in told if one)
    return f"{label}: {rest}" if rest else label


def _told(entry: Entry | None, key: str, value: Any) -> str:
    parameter = entry.parameter(key) if entry else None
    if value in (None, "", []) or (parameter and value == parameter.default):
        return ""
    if isinstance(value, bool):
        return (parameter.label.lower() if parameter else key) if value else ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else _plain(value)
    text = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    return text if parameter is None or parameter.required else f"{parameter.label.lower()} {text}"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


@dataclass(frozen=True)
class Field:
    """One parameter as a form field: what it shows, and what was typed over it."""

    parameter: Parameter
    name: str
    shown: str
    as_json: bool = False
    problem: str = ""

    @property
    def id(self) -> str:
        """The field's id on the page."""
        return f"f-{self.name}"


@dataclass(frozen=True)
class ExpectationForm:
    """One expectation as fields. `was` is what is stored: what nobody touches stays exactly so."""

    place: int
    was: Mapping[str, Any]
    scorer: str
    typed: Mapping[str, str] | None = None

    @property
    def entry(self) -> Entry | None:
        """The scorer in the catalogue, None for one that is not in it."""
        return CATALOGUE.get(self.scorer)

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with."""
        return f"x-{self.place}"

    @property
    def choice(self) -> str:
        """The name of the field that chooses the scorer."""
        return f"{self.prefix}-scorer"

    @property
    def was_json(self) -> str:
        """What is stored, to be sent along."""
        return json.dumps(self.was, ensure_ascii=False)

    @cached_property
    def fields(self) -> list[Field]:
        """Its parameters as fields; with what was typed, where something was."""
        found = []
        for parameter in self.entry.parameters if self.entry else ():
            field = self._stored(parameter)
            if self.typed is not None and self._is_shown:
                field = replace(field, shown=_lf(self.typed.get(field.name, "")))
                try:
                    _read(field)
                except Unfit as problem:
                    field = replace(field, problem=str(problem))
            found.append(field)
        return found

    @property
    def rest(self) -> dict[str, Any]:
        """What is stored beside the parameters; kept as it is."""
        known = {parameter.name for parameter in self.entry.parameters} if self.entry else set()
        return {key: self.was[key] for key in self.was if key != "scorer" and key not in known}

    @property
    def problems(self) -> list[str]:
        """What cannot be taken, with the field's label."""
        return [
            f"{field.parameter.label}: {field.problem}" for field in self.fields if field.problem
        ]

    @property
    def _is_shown(self) -> bool:
        """Whether the typed fields are those of this scorer; no: another was just chosen."""
        return self.was.get("scorer") == self.scorer

    def _stored(self, parameter: Parameter) -> Field:
        value = self.was.get(parameter.name)
        name = f"{self.prefix}-{parameter.name}"
        shown, as_json = _shown(parameter, value)
        return Field(parameter, name, shown, as_json)

    def value(self) -> dict[str, Any]:
        """The expectation that the fields make. Raises Unfit where one cannot be taken."""
        if self.entry is None:
            return dict(self.was) if self._is_shown else {"scorer": self.scorer}
        if not self._is_shown:
            return {"scorer": self.scorer, **self._carried_over()}
        found = {**self.rest, "scorer": self.scorer}
        for field in self.fields:
            name, stored = field.parameter.name, self._stored(field.parameter)
            if field.shown == stored.shown:
                found |= {name: self.was[name]} if name in self.was else {}
            else:
                value = _read(field)
                found |= {} if value is None else {name: value}
        return {key: found[key] for key in _order(found, self.was)}

    def _carried_over(self) -> dict[str, Any]:
        """What was typed for the scorer before, where this one takes the same."""
        before = ExpectationForm(self.place, self.was, str(self.was.get("scorer", "")), self.typed)
        try:
            old = before.value() if before.entry else {}
        except Unfit:
            old = dict(self.was)
        return {
            new.name: old[new.name]
            for new in (self.entry.parameters if self.entry else ())
            if new.name in old
            and before.entry is not None
            and (one := before.entry.parameter(new.name)) is not None
            and one.type == new.type
        }


def _order(found: Mapping[str, Any], was: Mapping[str, Any]) -> list[str]:
    """Keys as they were stored, new ones last: a changed order is no change of an expectation."""
    first = [key for key in ("scorer",) if key in found]
    return list(dict.fromkeys([*first, *(key for key in was if key in found), *found]))


def stored_form(place: int, expectation: Mapping[str, Any]) -> ExpectationForm:
    """The form of an expectation as it is stored."""
    return ExpectationForm(place, expectation, str(expectation.get("scorer", "")))


def typed_form(place: int, post: Mapping[str, str]) -> ExpectationForm:
    """The form as it was typed. What was stored is sent along; garbage there counts as nothing."""
    prefix = f"x-{place}"
    try:
        was = json.loads(post.get(f"{prefix}-was", "{}")[:400_000])
    except (ValueError, RecursionError):
        was = {}
    scorer = post.get(f"{prefix}-scorer", "")
    return ExpectationForm(place, was if isinstance(was, dict) else {}, scorer, post)


def typed_places(post: Mapping[str, str]) -> Iterator[int]:
    """The places of the expectations in a form, in their order."""
    place = 0
    while f"x-{place}-scorer" in post:
        yield place
        place += 1


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(scorer, label)]) for a select."""
    return [
        (label, [(one.name, one.label) for one in CATALOGUE.values() if one.group == group])
        for group, label in GROUPS.items()
    ]


def _shown(parameter: Parameter, value: Any) -> tuple[str, bool]:
    """A stored value as the text of its field, and whether that text is JSON."""
    if parameter.type == "yes_no":
        on = parameter.default if value is None else value
        return ("yes" if on else ""), False
    if value is None:
        return "", False
    if parameter.type == "texts" and _fits_lines(value):
        return "\n".join(value), False
    if parameter.type in ("texts", "json") or not isinstance(value, str | int | float):
        return json.dumps(value, ensure_ascii=False, indent=1), True
    return _lf(str(value)), False


def _fits_lines(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, str) and one == one.strip() and one and len(one.splitlines()) == 1
        for one in value
    )


def _read(field: Field) -> Any:
    """The value that a typed text is; None leaves the parameter out. Raises Unfit."""
    text, parameter = _lf(field.shown), field.parameter
    if parameter.type == "yes_no":
        return bool(text) if bool(text) != bool(parameter.default) else None
    if not text.strip():
        return None
    if field.as_json or parameter.type == "json":
        return _json(text)
    if parameter.type == "texts":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if parameter.type in ("whole", "number"):
        return _number(parameter, text)
    if parameter.type == "choice" and text not in parameter.choices:
        raise Unfit("Choose one of the list.")
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"This is not JSON: {error}.") from None


def _number(parameter: Parameter, text: str) -> float | int:
    clean = text.strip().replace(" ", "")
    if parameter.type == "number":
        clean = clean.replace(",", ".") if clean.count(",") == 1 and "." not in clean else clean
    try:
        value = float(clean) if parameter.type == "number" else int(clean[:MOST_DIGITS])
    except ValueError:
        value = math.nan
    whole = parameter.type == "whole"
    if not math.isfinite(value) or (whole and len(clean) > MOST_DIGITS):
        raise Unfit("This must be a whole number." if whole else "This must be a number.")
    low, high = parameter.lowest, parameter.highest
    if (low is not None and value < low) or (high is not None and value > high):
        raise Unfit(f"This must be {_range(low, high)}.")
    return value


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
