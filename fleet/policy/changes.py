"""What differs between two policies: rules added, removed and changed, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from fleet.policy.documents import LIMITS, SCOPES
from fleet.policy.rule_types import RULE_TYPES, SEVERITY_WORDS
from fleet.policy.words import RuleWords, as_list
from registry.actions import PolicyContent
from registry.diff import DiffRow, Summary, side_by_side, summary

CONTEXT_LINES = 3

LABELS = {
    "id": "Id", "type": "Type", "severity": "What it does to a text", "message": "Message",
    "fix_hint": "How to mend it", "name": "Name", "declared_variables": "Declared variables",
    "allowed_domains": "Allowed domains", "slots": "Slots", "version": "Version entry",
    "note": "Note", "may_change": "What overlays may change", "free_text": "On free text",
    **{f"scope.{key}": label for key, (label, _) in SCOPES.items()},
    **{f"limits.{key}": label for key, (label, _) in LIMITS.items()},
}  # fmt: skip


@dataclass(frozen=True)
class FieldChange:
    """One field that differs; lists tell what came and went."""

    label: str
    old: str
    new: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it is told by what came and went."""
        return bool(self.added or self.removed)


@dataclass(frozen=True)
class RuleChange:
    """One rule that came, went or changed."""

    kind: Literal["added", "removed", "changed"]
    rule: RuleWords
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Changes:
    """Everything that differs between two policies."""

    old: PolicyContent
    new: PolicyContent

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The text for the model, line by line; empty where it is the same."""
        if self.old.text == self.new.text:
            return []
        return side_by_side(self.old.text, self.new.text, CONTEXT_LINES)

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @cached_property
    def lists(self) -> tuple[FieldChange, ...]:
        """Lists, limits and whatever else stands beside the rules."""
        old, new = dict(self.old.rules), dict(self.new.rules)
        old.pop("rules", None), new.pop("rules", None)
        return tuple(field_changes(old, new))

    @cached_property
    def rules(self) -> tuple[RuleChange, ...]:
        """Rules that came, went or changed, in the new order; those gone last."""
        return tuple(rule_changes(self.old.rules, self.new.rules))

    @property
    def reordered(self) -> bool:
        """Whether nothing but the order of the rules differs among them."""
        ids = [[rule["id"] for rule in of.rules["rules"]] for of in (self.old, self.new)]
        return not self.rules and ids[0] != ids[1]

    @property
    def count(self) -> int:
        """How many things differ; the text counts as one."""
        return bool(self.rows) + len(self.lists) + len(self.rules) + self.reordered


def rule_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[RuleChange]:
    """Rule by rule, matched by id."""
    before = {rule["id"]: rule for rule in old["rules"]}
    after = {rule["id"] for rule in new["rules"]}
    for number, rule in enumerate(new["rules"], 1):
        was = before.get(rule["id"])
        if was is None:
            yield RuleChange("added", RuleWords(rule, number))
        elif was != rule:
            yield RuleChange("changed", RuleWords(rule, number), tuple(field_changes(was, rule)))
    for number, rule in enumerate(old["rules"], 1):
        if rule["id"] not in after:
            yield RuleChange("removed", RuleWords(rule, number))


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Field by field, those within scope, params and limits by their own names."""
    before, after = dict(_flat(old)), dict(_flat(new))
    labels = LABELS | _param_labels(new) | _param_labels(old)
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        if was != now:
            yield _change(labels.get(key) or key.partition(".")[2] or key, key, was, now)


def _flat(held: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in held.items():
        if key in ("scope", "params", "limits") and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        else:
            yield key, value


def _param_labels(rule: Mapping[str, Any]) -> dict[str, str]:
    of_type = RULE_TYPES.get(str(rule.get("type")))
    return {field.name: field.label for field in of_type.params} if of_type else {}


def _change(label: str, key: str, was: Any, now: Any) -> FieldChange:
    if isinstance(was, list) or isinstance(now, list):
        old, new = _items(was), _items(now)
        added = tuple(item for item in new if item not in old)
        removed = tuple(item for item in old if item not in new)
        if added or removed:
            return FieldChange(label, "", "", added, removed)
        return FieldChange(label, ", ".join(old), ", ".join(new))
    return FieldChange(label, _words(was, key), _words(now, key))


def _items(value: Any) -> list[str]:
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return [json.dumps(item, ensure_ascii=False) for item in value]
    return as_list(value) if isinstance(value, str | list | None) else [str(value)]


def _words(value: Any, key: str) -> str:
    if value is None:
        return ""
    if key == "severity":
        return SEVERITY_WORDS.get(value, str(value))
    if key == "type":
        of_type = RULE_TYPES.get(value)
        return of_type.label if of_type else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
