"""A policy document as JSON text: read with a word on what is wrong, written for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fleet.policy.kinds import FieldProblem


def from_json(text: str) -> dict[str, Any]:
    """A document from its JSON text; FieldProblem says what is wrong and where."""
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except json.JSONDecodeError as error:
        raise FieldProblem(
            f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except RecursionError:
        raise FieldProblem("is nested too deeply to be a policy.") from None
    except ValueError as error:
        raise FieldProblem(f"cannot be used: {error}") from None
    if _too_deep(document):
        raise FieldProblem("is nested too deeply to be a policy.")
    if not isinstance(document, dict):
        raise FieldProblem("must be one JSON object, as it is downloaded here.")
    return document


MOST_DEEP = 50
"""Objects and lists within each other. A rule's own values stand five deep; Python writes some
hundreds, and a page has to be able to show what it was given."""


def _too_deep(document: Any) -> bool:
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MOST_DEEP:
            return True
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((one, depth + 1) for one in inner)
    return False


_ORDER = (
    "name", "version", "note", "declared_variables", "variable_syntax", "allowed_domains",
    "limits", "slots", "may_change", "free_text", "id", "type", "severity", "layer", "message",
    "fix_hint", "scope", "params",
)  # fmt: skip


def as_json(document: Mapping[str, Any]) -> str:
    """The document as text for people: known keys in their usual order, rules last."""
    ordered = _in_order(document)
    ordered["rules"] = [_in_order(rule) for rule in document.get("rules", [])]
    return json.dumps(ordered, ensure_ascii=False, indent=1) + "\n"


def _in_order(held: Mapping[str, Any]) -> dict[str, Any]:
    rank = {key: place for place, key in enumerate(_ORDER)}
    keys = sorted((key for key in held if key != "rules"), key=lambda key: rank.get(key, 99))
    return {key: deepcopy(held[key]) for key in keys}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number.")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"“{twin[:80]}” stands twice in one object.")
    return found
