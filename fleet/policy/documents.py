"""A policy document as forms see it: its lists, and its rules one by one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fleet.policy.fields import Field
from fleet.policy.kinds import Area, FieldProblem, Line, Lines, Picks, Whole
from fleet.policy.rule_types import RULE_TYPES, check_domain, check_variable
from registry.guardrails import PolicyError

LIMITS = {
    "overlay_chars": ("Longest overlay", "In characters."),
    "overlay_tokens": ("Longest overlay in tokens", "An estimate."),
    "longest_unbroken_token": ("Longest run without a space", "In characters."),
    "forbidden_phrases": ("Most forbidden phrases", "Lines in that slot."),
    "forbidden_phrase_chars": ("Longest forbidden phrase", "In characters."),
}
"""The limits a document may set, in words."""

SCOPES = {
    "segment": ("Segments", "Lines of business."),
    "locale": ("Locales", "A language covers its regions: de covers de-AT."),
    "model": ("Models", "A name covers its dated snapshots."),
    "slot": ("Slots", "Parts of the overlay."),
}
"""The four ways in which a rule may be narrowed."""

RULE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")

_WHERE = re.compile(
    r"Rule (?:'(?P<rule>.*?)':|(?P<place>\d+))|field '(?P<field>[^']+)'", re.DOTALL
)  # fmt: skip


class RuleId(Line):
    """A rule's id: short, without blanks."""

    def write(self, typed: str) -> Any:
        if not RULE_ID.fullmatch(typed.strip()):
            raise FieldProblem(
                "may hold letters, digits, “_”, “-” and “.”, at most 60 of them, and begins "
                "with a letter or digit."
            )
        return typed.strip()


def list_fields(document: Mapping[str, Any]) -> list[Field]:
    """The lists and limits of a document, with a field for each limit it sets besides."""
    limits = document.get("limits", {})
    names = [*LIMITS, *(key for key in limits if key not in LIMITS)]
    return [
        Field(("name",), "Name", Line(), "What this policy is called."),
        Field(
            ("declared_variables",), "Declared variables", Lines(check_variable),
            "One a line, without braces. Applications fill these in; any other placeholder "
            "in an overlay is a finding. A base's own variables count too.",
        ),
        Field(
            ("allowed_domains",), "Allowed domains", Lines(check_domain),
            "One a line. *.example.com covers every name below it.",
        ),
        Field(("slots",), "Slots this policy speaks of", Lines(), "One a line."),
        *(_limit_field(key) for key in names),
    ]  # fmt: skip


def _limit_field(key: str) -> Field:
    label, help = LIMITS.get(key, (key, ""))
    return Field(("limits", key), label, Whole(), help)


def rule_fields(rule: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> list[Field]:
    """The fields of one rule. `known` gives each scope's usual values."""
    of_type = RULE_TYPES[rule["type"]]
    return [
        Field(
            ("id",), "Id", RuleId(), "Short and without blanks; findings are counted by it.",
            must=True,
        ),
        of_type.severity_field,
        Field(
            ("message",), "Message", Area(),
            "What the author reads when the rule finds something: what is wrong, in plain words.",
        ),
        Field(("fix_hint",), "How to mend it", Area(), "What the author can do instead."),
        *of_type.params,
        *(_scope_field(key, rule, known.get(key, ())) for key in SCOPES),
    ]  # fmt: skip


def _scope_field(key: str, rule: Mapping[str, Any], known: Sequence[str]) -> Field:
    label, help = SCOPES[key]
    return Field(("scope", key), label, Picks(), help, known=tuple(known))


def new_rule(kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of this type to begin with, under an id that is free."""
    taken = {rule["id"] for rule in document["rules"]}
    name = kind if kind not in taken else next(
        f"{kind}_{n}" for n in range(2, len(taken) + 3) if f"{kind}_{n}" not in taken
    )  # fmt: skip
    severity = RULE_TYPES[kind].severities[0]
    return {
        "id": name, "type": kind, "severity": severity, "message": "", "fix_hint": "",
        "scope": {}, "params": {},
    }  # fmt: skip


def find_rule(document: Mapping[str, Any], rule_id: str) -> dict[str, Any] | None:
    """The rule of this id."""
    found: list[dict[str, Any]] = document["rules"]
    return next((rule for rule in found if rule["id"] == rule_id), None)


def with_rule(
    document: Mapping[str, Any], rule: dict[str, Any], instead_of: str = ""
) -> dict[str, Any]:
    """The document with this rule in the place of another, or at the end."""
    rules = list(document["rules"])
    places = [n for n, held in enumerate(rules) if instead_of and held["id"] == instead_of]
    if places:
        rules[places[0]] = rule
    else:
        rules.append(rule)
    return {**document, "rules": rules}


def with_rule_back(
    document: Mapping[str, Any], rule: dict[str, Any], order: Sequence[str]
) -> dict[str, Any]:
    """The document with a rule put back: behind the nearest that preceded it in `order`."""
    rules = list(document["rules"])
    ahead = set(order[: order.index(rule["id"])]) if rule["id"] in order else None
    if ahead is None:
        return with_rule(document, rule)
    places = [n for n, held in enumerate(rules, 1) if held["id"] in ahead]
    rules.insert(max(places, default=0), rule)
    return {**document, "rules": rules}


def without_rule(document: Mapping[str, Any], rule_id: str) -> dict[str, Any]:
    """The document without the rule of this id."""
    return {**document, "rules": [rule for rule in document["rules"] if rule["id"] != rule_id]}


def check_values(document: Mapping[str, Any]) -> None:
    """PolicyError for a value that no field of its rule can hold, such as a limit in words.

    For a document that loads: its rules have known types.
    """
    for each in list_fields(document):
        _check(each, document, "The policy's")
    for rule in document["rules"]:
        for each in rule_fields(rule, {}):
            _check(each, rule, f"Rule '{rule['id']}':")


def _check(each: Field, document: Mapping[str, Any], where: str) -> None:
    try:
        each.kind.read(each.value_in(document))
    except FieldProblem as problem:
        raise PolicyError(f"{where} field '{each.name}' {problem}") from None


def blame(error: PolicyError) -> tuple[str, str]:
    """(rule, field) that a PolicyError names; "" where it names none."""
    rule = name = ""
    for found in _WHERE.finditer(str(error)):
        rule = rule or found["rule"] or found["place"] or ""
        name = name or found["field"] or ""
    return rule, name
