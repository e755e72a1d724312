"""Results as a JSON document: the input of ``manage.py decide``, read strictly.

Every refusal names its place, as in “cases[3].candidate[1]: must be a number from 0 to 1”.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from evals.gate import decide
from evals.verdicts import CasePair, Decision, Thresholds, UnusableInput


@dataclass(frozen=True)
class Results:
    """What a document holds: the arguments of `evals.gate.decide`."""

    thresholds: Thresholds
    cases: tuple[CasePair, ...]
    reserve: tuple[CasePair, ...]
    errors: int
    unscored: int
    unasked: int
    judges: Mapping[str, Collection[str]]

    def decide(self) -> Decision:
        """Run the gate over them."""
        return decide(
            self.thresholds, self.cases, self.reserve, self.errors, unscored=self.unscored,
            unasked=self.unasked, judges=self.judges,
        )  # fmt: skip


def read(document: Any) -> Results:
    """The results in a parsed JSON document of the contract's ``decide`` shape.

    Beyond it, `unscored` and `unasked` count calls as `errors` does, and `judges` maps an arm to
    the judge versions that scored it (a text, a list of texts, or name to version), for the whole
    document or for a case. Unknown keys are left alone. Raises UnusableInput naming the place.
    """
    whole = _an_object(document, "the document")
    thresholds = _thresholds(_needed(whole, "thresholds", ""))
    rows = {"cases": _needed(whole, "cases", ""), "reserve": whole.get("reserve", [])}
    pairs = {place: _pairs(value, place) for place, value in rows.items()}
    named = [("judges", whole.get("judges"))]
    for place, value in rows.items():
        named += [(f"{place}[{n}].judges", row.get("judges")) for n, row in enumerate(value or ())]
    return Results(
        thresholds, pairs["cases"], pairs["reserve"],
        _count(whole, "errors"), _count(whole, "unscored"), _count(whole, "unasked"),
        _judges(named),
    )  # fmt: skip


def _thresholds(value: Any) -> Thresholds:
    row = _an_object(value, "thresholds")
    rate = _number(_needed(row, "min_pass_rate", "thresholds."), "thresholds.min_pass_rate")
    margin = row.get("margin")
    if margin is not None and _number(margin, "thresholds.margin") == 0:
        raise UnusableInput("thresholds.margin: must be above 0, or null.")
    return Thresholds(rate, margin)


def _pairs(value: Any, place: str) -> tuple[CasePair, ...]:
    if value is None and place == "reserve":
        return ()
    if not isinstance(value, list):
        raise _wrong(place, "a list of cases", value)
    pairs, seen = [], dict[str, int]()
    for number, row in enumerate(value):
        here = f"{place}[{number}]"
        pair = _pair(_an_object(row, here), here)
        if pair.id in seen:
            raise UnusableInput(f"{here}.id: {pair.id!a} is the id of {place}[{seen[pair.id]}].")
        seen[pair.id] = number
        pairs.append(pair)
    return tuple(pairs)


def _pair(row: dict[str, Any], here: str) -> CasePair:
    must_pass = row.get("must_pass", False)
    if not isinstance(must_pass, bool):
        raise _wrong(f"{here}.must_pass", "true or false", must_pass)
    return CasePair(
        _text(_needed(row, "id", f"{here}."), f"{here}.id"),
        _tags(row.get("slice"), f"{here}.slice"),
        must_pass,
        _scores(_needed(row, "baseline", f"{here}."), f"{here}.baseline"),
        _scores(_needed(row, "candidate", f"{here}."), f"{here}.candidate"),
    )


def _tags(value: Any, place: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return _texts(value, place)


def _scores(value: Any, place: str) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise _wrong(place, "a list of scores", value)
    if not value:
        raise UnusableInput(f"{place}: has no score; a case needs one or more in each arm.")
    return tuple(_number(score, f"{place}[{number}]") for number, score in enumerate(value))


def _judges(named: list[tuple[str, Any]]) -> dict[str, set[str]]:
    arms: dict[str, set[str]] = {}
    for place, value in named:
        if value is not None:
            for arm, judges in _an_object(value, place).items():
                arms.setdefault(arm, set()).update(_versions(judges, f"{place}.{arm}"))
    return arms


def _versions(value: Any, place: str) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(f"{name}@{_version(value[name], f'{place}.{name}')}" for name in value)
    return _texts(value, place)


def _version(value: Any, place: str) -> str:
    return str(value) if type(value) is int else _text(value, place)


def _count(whole: Mapping[str, Any], key: str) -> int:
    value = whole.get(key, 0)
    if type(value) is not int or value < 0:
        raise _wrong(key, "a whole number from 0", value)
    return value


def _number(value: Any, place: str) -> float:
    # bool is an int to Python; no order holds for NaN.
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise _wrong(place, "a number from 0 to 1", value)
    return float(value)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(place, "a text", value)
    return value


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(one, f"{place}[{number}]") for number, one in enumerate(value))
    if isinstance(value, str):
        return (_text(value, place),)
    raise _wrong(place, "a text or a list of texts", value)


def _an_object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "an object {…}", value)
    return value


def _needed(row: Mapping[str, Any], key: str, before: str) -> Any:
    if key not in row:
        raise UnusableInput(f"{before}{key}: is missing.")
    return row[key]


_NAMES: dict[type, Callable[[Any], str]] = {
    dict: lambda _: "an object",
    list: lambda value: "a list" if value else "an empty list",
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}


def _wrong(place: str, wanted: str, found: Any) -> UnusableInput:
    said = _NAMES.get(type(found), lambda value: ascii(value)[:40])(found)
    return UnusableInput(f"{place}: must be {wanted}, not {said}.")
