"""A policy that cannot be used says which rule and which field."""

from __future__ import annotations

from typing import Any

import pytest

from registry.guardrails import LintContext, PolicyError, Scope, load_policy


def rule(**changes: Any) -> dict[str, Any]:
    return {"id": "r1", "type": "size_limit", "severity": "block", **changes}


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"rules": {}}, "rules"),
        ({"rules": [rule(id="")]}, "'id'"),
        ({"rules": [rule(type="vibes")]}, "'type'"),
        ({"rules": [rule(severity="fatal")]}, "'severity'"),
        ({"rules": [rule(), rule()]}, "used twice"),
        ({"rules": [rule(scope={"planet": ["mars"]})]}, "scope.planet"),
        ({"rules": [rule(scope={"segment": 3})]}, "scope.segment"),
        ({"rules": [rule(type="forbidden_phrase")]}, "params.phrases"),
        ({"rules": [rule(type="regex", params={"pattern": "("})]}, "params.pattern"),
        ({"rules": [rule(type="regex", params={"pattern": r"(a)\1"})]}, "params.pattern"),
        ({"rules": [rule(type="must_not_contradict")]}, "params.topic"),
        ({"rules": [rule(type="semantic_similarity")]}, "'severity'"),
        ({"rules": [], "limits": {"overlay_chars": "many"}}, "limits.overlay_chars"),
    ],
)
def test_broken_policy_is_refused_with_rule_and_field(broken: Any, named: str) -> None:
    with pytest.raises(PolicyError, match=named):
        load_policy(broken)


def test_topic_is_the_rules_id_unless_params_name_one() -> None:
    own = rule(id="crisis", type="must_not_contradict")
    named = rule(id="money", type="must_not_contradict", params={"topic": "refunds"})
    assert [r.topic for r in load_policy({"rules": [own, named]}).rules] == ["crisis", "refunds"]


@pytest.mark.parametrize(
    ("context", "covered"),
    [
        (LintContext(segment="health", locale="de-AT"), True),
        (LintContext(segment="healthcare", locale="de"), True),
        (LintContext(locale="de"), True),
        (LintContext(segment="retail", locale="de"), False),
        (LintContext(segment="health", locale="den"), False),
    ],
)
def test_scope_covers_its_segment_and_locale_and_what_is_left_open(
    context: LintContext, covered: bool
) -> None:
    assert Scope(segment=("health",), locale=("de",)).covers(context) is covered


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("size_limit", {"max_chars": "many"}),
        ("size_limit", {"max_tokens": [100]}),
        ("size_limit", {"longest_unbroken_token": -3}),
        ("declared_variables", {"declared_variables": 7}),
        ("declared_variables", {"variables": [1]}),
        ("allowed_domains", {"domains": [None]}),
        ("semantic_similarity", {"threshold": "high"}),
        ("semantic_similarity", {"threshold": float("nan")}),
    ],
)
def test_params_of_a_wrong_kind_are_refused_before_any_text_is_read(
    kind: str, params: dict[str, Any]
) -> None:
    rule = {"id": "r", "type": kind, "severity": "review", "params": params}
    with pytest.raises(PolicyError, match=f"'params.{next(iter(params))}'"):
        load_policy({"rules": [rule]})


def test_one_domain_alone_is_a_list_of_one_and_none_is_none() -> None:
    for given, expected in (("example.com", ("example.com",)), (None, ())):
        rule = {"id": "r", "type": "allowed_domains", "severity": "block"}
        policy = load_policy({"rules": [{**rule, "params": {"domains": given}}]})
        assert policy.rules[0].params["domains"] == expected
