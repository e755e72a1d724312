"""A router's rules as people write them: cleaned, refused where wrong, in words. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.router.rules import CONDITIONS
from registry.border import check

MOST_RULES = 200
"""Rules of one version; a longer list is no list a person can check."""

MOST_VALUES = 200
"""Values of one condition."""

LABELS = {"segment": "segment", "tenant": "customer", "locale": "locale", "task_tier": "task tier"}
"""How a condition is called on screen."""

ANYBODY = "everybody"


class UnusableRules(ValueError):
    """The rules cannot be used; `problems` say which and why."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Known:
    """The names a rule may use: lanes as (name, label), segments and tenants there are."""

    lanes: Mapping[str, str]
    segments: frozenset[str]
    tenants: frozenset[str]


@dataclass(frozen=True)
class Document:
    """The rules in order, and behind each lane the lanes that stand in for it."""

    rules: tuple[Mapping[str, Any], ...]
    fallbacks: Mapping[str, tuple[str, ...]]

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the canonical JSON."""
        text = json.dumps(
            {"rules": self.rules, "fallbacks": self.fallbacks}, sort_keys=True,
            separators=(",", ":"), ensure_ascii=False,
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of(
        cls, rules: Iterable[Mapping[str, Any]], fallbacks: Mapping[str, Iterable[str]]
    ) -> Document:
        """A stored document."""
        return cls(tuple(rules), {lane: tuple(behind) for lane, behind in fallbacks.items()})

    def in_words(self, known: Known) -> list[str]:
        """One sentence a rule and a lane, for reading and for a diff."""
        return [
            *(f"{n}. {rule_in_words(rule, known)}" for n, rule in enumerate(self.rules, 1)),
            f"Everybody else: {known.lanes.get('primary', 'primary')}",
            *(
                f"Behind {known.lanes.get(lane, lane)}: "
                f"{', then '.join(known.lanes.get(one, one) for one in behind) or 'nothing'}"
                for lane, behind in self.fallbacks.items()
            ),
        ]


def rule_in_words(rule: Mapping[str, Any], known: Known) -> str:
    """“segment retail or health and task tier cheap → Economy”."""
    parts = [
        f"{LABELS[name]} {' or '.join(rule[name])}" for name in CONDITIONS if rule.get(name)
    ]  # fmt: skip
    lane = known.lanes.get(str(rule["lane"]), str(rule["lane"]))
    return f"{' and '.join(parts) or ANYBODY} → {lane}"


def clean(
    rows: Sequence[Mapping[str, str]], fallbacks: Mapping[str, str], known: Known
) -> Document:
    """What was typed as a document; UnusableRules lists everything that is wrong with it.

    Each row holds the conditions as comma-separated texts and a lane; `fallbacks` holds lane
    names by lane, comma-separated.
    """
    problems: list[str] = []
    rules = [_rule(number, row, known, problems) for number, row in enumerate(rows, 1)]
    behind = {lane: _behind(lane, fallbacks.get(lane, ""), known, problems) for lane in known.lanes}
    if len(rules) > MOST_RULES:
        problems.append(f"There are {len(rules)} rules; at most {MOST_RULES} can be checked.")
    problems += _unreachable(rules)
    if problems:
        raise UnusableRules(problems)
    return Document(tuple(rules), behind)


def values_of(text: str) -> list[str]:
    """Comma-separated values, each once, blanks around them dropped."""
    return list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))


def _rule(number: int, row: Mapping[str, str], known: Known, problems: list[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"lane": row.get("lane", "")}
    if rule["lane"] not in known.lanes:
        problems.append(f"Rule {number} names no lane there is.")
    for name in CONDITIONS:
        check(row.get(name, ""))
        rule[name] = values_of(row.get(name, ""))
        if len(rule[name]) > MOST_VALUES:
            problems.append(f"Rule {number} has more than {MOST_VALUES} values for {LABELS[name]}.")
    for name, there in (("segment", known.segments), ("tenant", known.tenants)):
        lacking = [value for value in rule[name] if value not in there]
        if lacking:
            problems.append(
                f"Rule {number}: there is no {LABELS[name]} called {', '.join(lacking[:5])}."
            )
    return rule


def _behind(lane: str, text: str, known: Known, problems: list[str]) -> tuple[str, ...]:
    found = values_of(text)
    wrong = [one for one in found if one not in known.lanes]
    if wrong:
        problems.append(f"Behind {known.lanes[lane]}: there is no lane {', '.join(wrong)}.")
    if lane in found:
        problems.append(f"{known.lanes[lane]} cannot stand behind itself.")
    return tuple(found)


def _unreachable(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rules after one that covers everybody would never be asked."""
    for place, rule in enumerate(rules, 1):
        if place < len(rules) and not any(rule[name] for name in CONDITIONS):
            return [
                f"Rule {place} covers everybody, so the rules after it are never asked. "
                "Give it a condition or move it to the end."
            ]
    return []
