"""Fields: what is shown, typed and written back; what is not typed over stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.policy.documents import list_fields, rule_fields
from fleet.policy.fields import Field, filled, shown
from fleet.policy.kinds import (
    ABSENT,
    Choice,
    FieldProblem,
    Kind,
    Lines,
    Pattern,
    Picks,
    Share,
    Tick,
    Whole,
)
from fleet.policy.rule_types import RULE_TYPES, check_domain, check_variable
from registry.guardrails.policy import RULE_TYPES as LOADABLE
from registry.guardrails.policy import SEVERITIES
from tests.policy.conftest import ALL_TYPES, DOCUMENT


def test_every_type_the_loader_knows_has_its_words_and_fields() -> None:
    assert set(RULE_TYPES) == set(LOADABLE)
    assert all(made.does.endswith(".") and made.severities for made in RULE_TYPES.values())
    assert all(set(made.severities) <= set(SEVERITIES) for made in RULE_TYPES.values())


def sent(fields: list[Field], document: dict[str, Any]) -> dict[str, list[str]]:
    """What a browser sends of a form nobody touched."""
    post: dict[str, list[str]] = {}
    for bound in shown(fields, document):
        name = bound.field.name
        if bound.field.kind.template == "picks":
            post[name] = [item for item, chosen in bound.ticks if chosen]
            post[f"{name}-more"] = [bound.others]
        elif bound.field.kind.template == "tick":
            post[name] = ["yes"] if bound.value else []
        else:
            post[name] = [bound.value.replace("\r\n", "\n").replace("\n", "\r\n")]
    return post


@pytest.mark.parametrize("rule", ALL_TYPES, ids=lambda rule: rule["id"])
def test_rule_that_nobody_touched_comes_back_exactly(rule: dict[str, Any]) -> None:
    fields = rule_fields(rule, {"locale": ["de", "fr"], "segment": ["health"]})
    found = filled(fields, rule, sent(fields, rule))
    assert (found.document, found.problems) == (rule, {})


def test_lists_that_nobody_touched_come_back_exactly() -> None:
    fields = list_fields(DOCUMENT)
    assert filled(fields, DOCUMENT, sent(fields, DOCUMENT)).document == DOCUMENT
    assert "limits.of_our_own" in {field.name for field in fields}


def test_one_field_typed_over_changes_nothing_else() -> None:
    rule = next(rule for rule in ALL_TYPES if rule["id"] == "g")
    fields = rule_fields(rule, {})
    post = sent(fields, rule) | {"params.max_chars": ["25"]}
    found = filled(fields, rule, post)
    # The document's own word for it is kept.
    assert found.document == {**rule, "params": {**rule["params"], "overlay_chars": 25}}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Kind(), "  a b ", "a b"),
        (Kind(), " ", ABSENT),
        (Lines(), "a\n\n b \na", ["a", "b"]),
        (Lines(), "\n", ABSENT),
        (Pattern(), " a ", " a "),
        (Whole(), " 1,600 ", 1600),
        (Whole(), "", ABSENT),
        (Share(), "0,4", 0.4),
        (Tick(), "yes", True),
        (Tick(), "", False),
        (Choice((("", "None"), ("a", "A"))), "", ABSENT),
        (Picks(), "de\nfr", ["de", "fr"]),
    ],
)
def test_typed_text_is_written_as_its_value(kind: Kind, typed: str, value: Any) -> None:
    assert kind.write(typed) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Whole(), "-1"),
        (Whole(), "1.5"),
        (Whole(), "9" * 5000),
        (Whole(), "٣"),
        (Share(), "2"),
        (Share(), "nan"),
        (Share(), "inf"),
        (Share(), "much"),
        (Choice((("a", "A"),)), "b"),
        (Lines(check_domain), "https://a.example/path"),
        (Lines(check_domain), "a b"),
        (Lines(check_variable), "{{user_name}}"),
    ],
)
def test_typed_text_that_does_not_fit_is_refused_in_words(kind: Kind, typed: str) -> None:
    with pytest.raises(FieldProblem):
        kind.write(typed)


@given(st.text(alphabet="0123456789.,-+einfa ", max_size=30))
def test_a_share_is_a_number_from_0_to_1_or_refused(typed: str) -> None:
    try:
        value = Share().write(typed)
    except FieldProblem:
        return
    assert value is ABSENT or 0 <= value <= 1


def test_a_missing_field_that_must_be_there_is_named() -> None:
    rule = {"id": "x", "type": "regex", "severity": "block", "params": {"pattern": "a"}}
    fields = rule_fields(rule, {})
    found = filled(fields, rule, sent(fields, rule) | {"params.pattern": [""]})
    assert found.problems == {"params.pattern": "Pattern is missing."}
    assert found.typed["params.pattern"] == ""


def test_what_cannot_be_shown_can_be_typed_over() -> None:
    rule = {"id": "x", "type": "size_limit", "severity": "block", "params": {"max_chars": "many"}}
    fields = rule_fields(rule, {})
    assert any("whole number" in bound.problem for bound in shown(fields, rule))
    found = filled(fields, rule, sent(fields, rule) | {"params.max_chars": ["9"]})
    assert found.document["params"] == {"max_chars": 9}
