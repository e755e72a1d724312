"""The document as JSON, its rules by id, and what differs between two."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet.policy.changes import Changes
from fleet.policy.documents import (
    blame,
    check_values,
    new_rule,
    with_rule_back,
    without_rule,
)
from fleet.policy.json_text import as_json, from_json
from fleet.policy.kinds import FieldProblem
from fleet.policy.rule_types import RULE_TYPES
from fleet.policy.words import rules_in_words
from registry.actions import PolicyContent
from registry.guardrails import PolicyError, load_policy
from tests.policy.conftest import ALL_TYPES, DOCUMENT
from tests.registry.guardrails.conftest import POLICIES


def read(name: str) -> dict[str, Any]:
    """A policy file, or a skipped test where it is not there."""
    if not POLICIES[name].is_file():
        pytest.skip(f"no {name} policy here")
    document: dict[str, Any] = json.loads(POLICIES[name].read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("name", POLICIES)
def test_known_policy_survives_being_downloaded_and_pasted(name: str) -> None:
    document = read(name)
    assert from_json(as_json(document)) == document
    check_values(document)


def test_downloaded_document_keeps_the_usual_order() -> None:
    scrambled = {key: DOCUMENT[key] for key in sorted(DOCUMENT, reverse=True)}
    text = as_json(scrambled)
    assert list(json.loads(text)) == [
        "name", "version", "note", "declared_variables", "allowed_domains", "limits", "slots",
        "rules",
    ]  # fmt: skip
    assert list(json.loads(text)["rules"][0]) == ["id", "type", "severity", "layer"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1"),
        ("{'a': 1}", "line 1, column 2"),
        ("[]", "one JSON object"),
        ('{"limits": {"overlay_chars": NaN}}', "NaN is not a number"),
        ('{"a": 1, "a": 2}', "“a” stands twice"),
        ("[" * 100_000, "nested too deeply"),
        (f'{{"note": {"[" * 900}{"]" * 900}}}', "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "cannot be used"),
    ],
)
def test_text_that_is_no_document_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(FieldProblem, match=words):
        from_json(text)


def test_value_that_no_field_can_hold_is_named_with_its_rule() -> None:
    rule = {"id": "x", "type": "size_limit", "severity": "block", "params": {"max_chars": "many"}}
    with pytest.raises(PolicyError) as refused:
        check_values({"rules": [rule]})
    assert blame(refused.value) == ("x", "params.max_chars")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"rules": [{"id": "a"}]}, ("a", "type")),
        ({"rules": [{}]}, ("1", "id")),
        ({"rules": [], "limits": {"x": "y"}}, ("", "limits.x")),
        (
            {"rules": [{"id": "a", "type": "regex", "severity": "warn", "params": {}}]},
            ("a", "params.pattern"),
        ),
        (
            {"rules": [{"id": "a'b", "type": "secret_pattern", "severity": "no"}]},
            ("a'b", "severity"),
        ),
    ],
)
def test_loaders_refusal_names_rule_and_field(
    document: dict[str, Any], place: tuple[str, str]
) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(document)
    assert blame(refused.value) == place


@pytest.mark.parametrize("kind", RULE_TYPES)
def test_new_rule_has_a_free_id(kind: str) -> None:
    first = new_rule(kind, {"rules": []})
    second = new_rule(kind, {"rules": [first]})
    third = new_rule(kind, {"rules": [second, first]})
    assert [rule["id"] for rule in (first, second, third)] == [kind, f"{kind}_2", f"{kind}_3"]


def test_rule_put_back_stands_where_it_stood() -> None:
    ids = [rule["id"] for rule in ALL_TYPES]
    for rule in ALL_TYPES:
        gone = without_rule(DOCUMENT, rule["id"])
        assert with_rule_back(gone, rule, ids) == DOCUMENT


def test_changes_tell_rules_lists_and_text_apart() -> None:
    rules = [
        {**ALL_TYPES[0], "severity": "warn", "scope": {"segment": ["legal"]}},
        *ALL_TYPES[2:],
        {"id": "z", "type": "secret_pattern", "severity": "block"},
    ]
    new = {**DOCUMENT, "rules": rules, "limits": {"overlay_chars": 900}, "slots": ["tone", "x"]}
    changes = Changes(PolicyContent("Old.", DOCUMENT), PolicyContent("New.", new))
    assert [(change.kind, change.rule.id) for change in changes.rules] == [
        ("changed", "a"), ("added", "z"), ("removed", "b"),
    ]  # fmt: skip
    assert [(f.label, f.old, f.new, f.added) for f in changes.rules[0].fields] == [
        ("What it does to a text", "Blocks: the text must be changed", "Only says so", ()),
        ("Segments", "", "", ("legal",)),
    ]
    assert [(f.label, f.old, f.new) for f in changes.lists if not f.is_list] == [
        ("Longest overlay", "1600", "900"), ("of_our_own", "3", ""),
    ]  # fmt: skip
    assert [f.added for f in changes.lists if f.is_list] == [("x",)]
    assert (changes.summary.removed, changes.summary.added) == (1, 1)
    assert changes.count == 7


def test_another_order_alone_is_said() -> None:
    turned = {**DOCUMENT, "rules": ALL_TYPES[::-1]}
    changes = Changes(PolicyContent("", DOCUMENT), PolicyContent("", turned))
    assert (changes.rules, changes.reordered, changes.count) == ((), True, 1)


def test_rules_read_in_words() -> None:
    words = {rule.id: rule for rule in rules_in_words(DOCUMENT, {"rules": ALL_TYPES[1:]})}
    assert words["n"].scope == "only for segment health, locale de or zz or de"
    assert words["a"].scope == "everywhere"
    assert words["b"].params == [("Topic", "No guaranteed outcomes, no legal advice")]
    assert words["g"].params[0] == ("Most characters", "10")
    assert (words["a"].mark, words["b"].mark) == ("new", "")
