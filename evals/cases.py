"""What a case may be: its shape, its bounds, and the two hashes it is known by. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.scorers import ExpectationError, check
from evals.scorers.catalogue import CATALOGUE
from registry import border

MOST_CASES = 5_000
"""Cases of one suite: a run of both arms asks twice as many questions, some hours' worth."""

MOST_MESSAGES = 60
MOST_VARIABLES = 60
MOST_TAGS = 20
MOST_EXPECTATIONS = 30
LONGEST_NAME = 120
"""Characters of a case's key and of a variable's name; the key's column holds as many."""

LONGEST_TAG = 60
LONGEST_TEXT = 100_000
"""Characters of one message or variable: a long retrieved context, not a book."""

LONGEST_CASE = 400_000
"""Characters of a whole case as JSON."""

LARGEST_SUITE = 24_000_000
"""Characters of all cases as JSON: what a web worker can hold and hash within a second."""

HEAVIEST = 1_000.0
ROLES = ("system", "user", "assistant", "tool")


class UnusableCase(ValueError):
    """A case lacks what it needs; the message names the case and the field."""


def clean_case(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A case with every field of the shape and nothing else; UnusableCase says what lacks."""
    case = shaped_case(row, position)
    for problem in problems_of(case):
        raise UnusableCase(f"Case {case['key']}: {problem}")
    return case


def clean_cases(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All cases of a suite, in their order. UnusableCase for the first that cannot be one."""
    check_size(rows)
    cases = [clean_case(row, position) for position, row in enumerate(rows)]
    seen: set[str] = set()
    for case in cases:
        if case["key"] in seen:
            raise UnusableCase(f"Two cases are called {case['key']}. Rename one of them.")
        seen.add(case["key"])
    if not cases:
        raise UnusableCase("A suite needs at least one case.")
    return cases


def check_size(rows: Sequence[Mapping[str, Any]]) -> None:
    """UnusableCase for more than a suite may hold."""
    if len(rows) > MOST_CASES:
        raise UnusableCase(
            f"{len(rows):,} cases are more than a suite holds ({MOST_CASES:,}). Split it by tag."
        )
    if sum(len(_canonical(row)) for row in rows) > LARGEST_SUITE:
        raise UnusableCase("The cases are too long all together. Split the suite by tag.")


def shaped_case(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    """The shape and bounds of a case, without asking whether it is complete yet.

    This is what a draft may hold; `problems_of` says what it lacks.
    """
    name = f"Case {position + 1}"
    if not isinstance(row, Mapping):
        raise UnusableCase(f"{name} is no JSON object.")
    key = row.get("key") or f"case-{position + 1}"
    if not isinstance(key, str | int) or len(str(key)) > LONGEST_NAME:
        raise UnusableCase(f"{name}: its name may have at most {LONGEST_NAME} characters.")
    case = {
        "key": str(key).strip() or f"case-{position + 1}",
        "messages": _messages(name, row.get("messages")),
        "variables": _variables(name, row.get("variables")),
        "tags": _tags(name, row.get("tags")),
        "must_pass": _yes_no(name, row.get("must_pass")),
        "weight": _weight(name, row.get("weight")),
        "expectations": _expectations(name, row.get("expectations")),
        "source": _mapping(name, "source", row.get("source")),
    }
    _check_storable(name, case)
    return case


def problems_of(case: Mapping[str, Any]) -> list[str]:
    """What keeps a case of the right shape from being frozen, in sentences; empty: nothing."""
    found = []
    if not any(message["content"].strip() for message in case["messages"]):
        found.append("it has no messages. Write what the customer asks.")
    for expectation in case["expectations"]:
        problem = expectation_problem(expectation)
        if problem:
            found.append(problem)
    return found


def expectation_problem(expectation: Mapping[str, Any]) -> str:
    """Why an expectation could never be scored, empty where it can be."""
    entry = CATALOGUE.get(str(expectation.get("scorer")))
    for parameter in entry.parameters if entry else ():
        if parameter.required and expectation.get(parameter.name) in (None, "", []):
            return f"“{entry.label}” needs: {parameter.label}." if entry else ""
    try:
        check(expectation)
    except ExpectationError as error:
        return str(error)
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        return f"`{expectation.get('scorer')}` cannot be used like this: {error}."
    return ""


def content_hash(case: Mapping[str, Any]) -> str:
    """Hex SHA-256 of what the model is asked: messages and request variables."""
    asked = {"messages": case["messages"], "variables": case["variables"]}
    return hashlib.sha256(_canonical(asked).encode()).hexdigest()


def eval_hash(cases: Sequence[Mapping[str, Any]]) -> str:
    """Hex SHA-256 of the cases' canonical JSON, in their order.

    Where a case came from does not count: it changes nothing that is measured.
    """
    measured = [{name: case[name] for name in case if name != "source"} for case in cases]
    return hashlib.sha256(_canonical(measured).encode()).hexdigest()


def _canonical(value: Any) -> str:
    """One JSON text for one value; UnusableCase for what JSON cannot say."""
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise UnusableCase(f"This cannot be written as JSON: {error}.") from None


def _messages(name: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise UnusableCase(f"{name} has no messages.")
    if len(value) > MOST_MESSAGES:
        raise UnusableCase(f"{name} has more than {MOST_MESSAGES} messages.")
    for message in value:
        if not isinstance(message, Mapping) or not isinstance(message.get("content"), str):
            raise UnusableCase(f"{name} has a message without text content.")
        if message.get("role", "user") not in ROLES:
            raise UnusableCase(f"{name} has a message by {str(message.get('role'))[:40]!r}.")
    return [{"role": m.get("role", "user"), "content": m["content"]} for m in value]


def _variables(name: str, value: Any) -> dict[str, Any]:
    found = _mapping(name, "variables", value)
    if len(found) > MOST_VARIABLES:
        raise UnusableCase(f"{name} has more than {MOST_VARIABLES} variables.")
    if any(not isinstance(key, str) or len(key) > LONGEST_NAME for key in found):
        raise UnusableCase(f"{name}: a variable's name is longer than {LONGEST_NAME} characters.")
    return found


def _mapping(name: str, what: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnusableCase(f"{name}: {what} must be a JSON object.")
    return dict(value)


def _tags(name: str, value: Any) -> list[str]:
    tags = [] if value is None else value
    if not isinstance(tags, list) or not all(isinstance(tag, str | int) for tag in tags):
        raise UnusableCase(f"{name}: its tags must be a list of texts.")
    found = list(dict.fromkeys(str(tag).strip() for tag in tags))
    if len(found) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in found):
        raise UnusableCase(
            f"{name}: at most {MOST_TAGS} tags of at most {LONGEST_TAG} characters each."
        )
    return [tag for tag in found if tag]


def _yes_no(name: str, value: Any) -> bool:
    if value not in (None, True, False):
        raise UnusableCase(f"{name}: must-pass is either true or false.")
    return bool(value)


def _weight(name: str, value: Any) -> float:
    try:
        weight = 1.0 if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not 0 <= weight <= HEAVIEST:
        raise UnusableCase(f"{name}: its weight must be a number from 0 to {HEAVIEST:g}.")
    return weight


def _expectations(name: str, value: Any) -> list[dict[str, Any]]:
    found = [] if value is None else value
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise UnusableCase(f"{name}: its expectations must be a list of JSON objects.")
    if len(found) > MOST_EXPECTATIONS:
        raise UnusableCase(f"{name} has more than {MOST_EXPECTATIONS} expectations.")
    return [dict(one) for one in found]


def _check_storable(name: str, case: Mapping[str, Any]) -> None:
    for text in _texts(case):
        if len(text) > LONGEST_TEXT:
            raise UnusableCase(f"{name} has a text of more than {LONGEST_TEXT:,} characters.")
        try:
            border.check(text)
        except border.UnusableText as error:
            raise UnusableCase(f"{name}: {error}") from None
    try:
        size = len(_canonical(case))
    except UnusableCase as error:
        raise UnusableCase(f"{name}: {error}") from None
    if size > LONGEST_CASE:
        raise UnusableCase(f"{name} is longer than {LONGEST_CASE:,} characters all together.")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend((*one.keys(), *one.values()))
        elif isinstance(one, list | tuple):
            waiting.extend(one)
