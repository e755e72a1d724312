"""A rule in words: what it does, where it holds, what it is told. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.policy.documents import SCOPES, list_fields
from fleet.policy.kinds import ABSENT
from fleet.policy.rule_types import RULE_TYPES, TOPIC_WORDS, RuleType
from registry.templatetags.words import slot_words

LONGEST_VALUE = 120
"""Characters of a parameter that a list of rules shows."""

SCOPE_NOUNS = {"segment": "segment", "locale": "locale", "model": "model", "slot": "slot"}


@dataclass(frozen=True)
class RuleWords:
    """One rule of a document, as a list shows it."""

    raw: Mapping[str, Any]
    number: int
    mark: str = ""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.raw["id"])

    @property
    def of_type(self) -> RuleType:
        """Its type."""
        return RULE_TYPES[self.raw["type"]]

    @property
    def severity(self) -> str:
        """block, review or warn."""
        return str(self.raw["severity"])

    @property
    def message(self) -> str:
        """What the author of a text reads."""
        return str(self.raw.get("message") or "")

    @property
    def fix_hint(self) -> str:
        """What the author can do instead."""
        return str(self.raw.get("fix_hint") or "")

    @property
    def scope(self) -> str:
        """Where it holds: "everywhere", or what it is narrowed to."""
        return scope_words(self.raw.get("scope") or {})

    @property
    def params(self) -> list[tuple[str, str]]:
        """(label, value) of each parameter; what no field shows under its own key."""
        return param_words(self.raw)


def rules_in_words(
    document: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> list[RuleWords]:
    """Every rule, marked "new" or "changed" against another document where one is given."""
    old = {rule["id"]: rule for rule in before["rules"]} if before is not None else None
    found = []
    for number, rule in enumerate(document["rules"], 1):
        mark = ""
        if old is not None and rule["id"] not in old:
            mark = "new"
        elif old is not None and old[rule["id"]] != rule:
            mark = "changed"
        found.append(RuleWords(rule, number, mark))
    return found


def scope_words(scope: Mapping[str, Any]) -> str:
    """Where a rule holds, as "only for segment health or legal, locale de"."""
    parts = [
        f"{SCOPE_NOUNS[key]} {' or '.join(as_list(scope[key]))}"
        for key in SCOPES
        if as_list(scope.get(key))
    ]
    return f"only for {', '.join(parts)}" if parts else "everywhere"


def param_words(rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of each parameter a rule is told."""
    labels = {
        key: field.label
        for field in RULE_TYPES[rule["type"]].params
        for key in (field.path[-1], *field.aliases)
    }
    given = rule.get("params") or {}
    return [(labels.get(key, key), value_words(value, key)) for key, value in given.items()]


def value_words(value: Any, key: str = "") -> str:
    """A JSON value for people, cut short where it is long."""
    if key == "topic":
        return TOPIC_WORDS.get(str(value), str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        text = ", ".join(str(item) for item in value)
    elif isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def list_words(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of everything a document says beside its rules, lists in full."""
    found = []
    shown = list_fields(document)
    for field in shown:
        value = field.value_in(document)
        words = ", ".join(value) if isinstance(value, list) else str(value)
        if value is not ABSENT or not field.path[0].startswith("limits"):
            found.append((field.label, "" if value is ABSENT else words))
    named = {field.path[0] for field in shown} | {"rules"}
    rest = ((key, value) for key, value in document.items() if key not in named)
    return [*found, *((slot_words(key), value_words(value)) for key, value in rest)]


def as_list(value: Any) -> list[str]:
    """A scope's value as a list; one text counts as a list of one."""
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value or ()]
