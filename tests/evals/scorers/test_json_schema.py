"""json_schema: what a schema asks, and that a hostile one costs and fetches nothing."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from evals.scorers import Answer, ExpectationError, Score, score

TICKET: dict[str, Any] = {
    "type": "object",
    "required": ["queue", "tags"],
    "properties": {
        "queue": {"$ref": "#/$defs/word"},
        "tags": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/word"}},
    },
    "additionalProperties": False,
    "$defs": {"word": {"type": "string", "pattern": "^[a-z]+$"}},
}


def scored(schema: Any, answer: Any, **more: Any) -> Score:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return score({"scorer": "json_schema", "schema": schema, **more}, Answer(text))


def test_json_of_the_schema_passes():
    assert scored(TICKET, {"queue": "billing", "tags": ["a", "b"]}).value == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"queue": "billing"}, "'tags' is a required property"),
        ({"queue": "Billing!", "tags": []}, "queue: 'Billing!' does not match"),
        ({"queue": "x", "tags": ["a", "a"]}, "tags: an item stands twice"),
        ({"queue": "x", "tags": [], "more": 1}, "Additional properties"),
        ("Here it is: {}", "not JSON"),
    ],
)
def test_breach_of_the_schema_fails_and_is_named(answer: Any, said: str):
    found = scored(TICKET, answer)
    assert found.value == 0 and said in found.detail


def test_json_within_a_sentence_counts_only_where_allowed():
    text = 'Sure [see below]:\n```json\n{"queue": "x", "tags": []}\n```\nAnything else?'
    assert scored(TICKET, text).value == 0
    assert scored({"type": "object"}, '{"a": 1} and more', anywhere=True).value == 1
    assert scored(TICKET, text.replace("[see below]", "see {below}"), anywhere=True).value == 1


def test_schema_given_as_text_is_read():
    assert scored(json.dumps(TICKET), {"queue": "x", "tags": []}).value == 1


def bomb(depth: int) -> dict[str, Any]:
    levels: dict[str, Any] = {"a0": {"type": "object"}}
    for n in range(1, depth):
        ref = {"$ref": f"#/$defs/a{n - 1}"}
        levels[f"a{n}"] = {"allOf": [ref, ref]}
    return {"$defs": levels, "$ref": f"#/$defs/a{depth - 1}"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "https://example.com/schema.json"}, "does not hold itself"),
        ({"$ref": "file:///etc/passwd"}, "does not hold itself"),
        ({"$ref": "#/$defs/missing"}, "does not hold itself"),
        ({"pattern": "(a+)+$"}, "repeat must not stand inside"),
        ({"patternProperties": {"(a|ab)*c": {}}}, "must not hold alternatives"),
        ({"unevaluatedProperties": False}, "not supported"),
        ({"type": "colour"}, "not valid"),
        ({"$ref": "#"}, "too many steps"),
        (bomb(30), "too many steps"),
        ({"enum": ["x" * 60_000]}, "at most"),
        ("no JSON", "not JSON"),
        (None, "needs `schema`"),
    ],
)
def test_schema_that_cannot_be_held_within_bounds_is_refused(schema: Any, said: str, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("asked the network"))
    started = time.perf_counter()
    with pytest.raises(ExpectationError, match=said):
        scored(schema, {"a": "aaaa"})
    assert time.perf_counter() - started < 2


def test_deep_answer_is_no_json():
    assert scored({}, "[" * 50_000).value == 0


def test_long_list_of_mixed_items_is_quickly_found_unique():
    items = [n if n % 2 else {"n": n} for n in range(8_000)]
    started = time.perf_counter()
    assert scored({"type": "array", "uniqueItems": True}, items).value == 1
    assert time.perf_counter() - started < 1
