"""What a case may be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.cases import (
    LONGEST_TEXT,
    MOST_CASES,
    UnusableCase,
    clean_case,
    clean_cases,
    content_hash,
    eval_hash,
)

ASK = [{"role": "user", "content": "Where is my parcel?"}]


def case(**entries: Any) -> dict[str, Any]:
    return {"key": "parcel", "messages": ASK, **entries}


def test_a_case_cleaned_again_stays_as_it_is() -> None:
    clean = clean_case(case(tags=["a", " a ", ""], weight=2, variables={"n": 1}), 0)
    assert clean_case(clean, 0) == clean
    assert clean["tags"] == ["a"]


def test_what_the_model_is_asked_has_a_hash_that_expectations_do_not_move() -> None:
    plain = clean_case(case(), 0)
    expects = clean_case(case(expectations=[{"scorer": "refusal"}], tags=["x"]), 0)
    other = clean_case(case(variables={"user_name": "Ana"}), 0)
    assert content_hash(plain) == content_hash(expects) != content_hash(other)


def test_a_suites_hash_does_not_know_where_a_case_came_from() -> None:
    plain = clean_case(case(), 0)
    told = clean_case(case(source={"kind": "comment"}), 0)
    assert eval_hash([plain]) == eval_hash([told])
    assert eval_hash([plain]) != eval_hash([clean_case(case(must_pass=True), 0)])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (case(messages=[]), "no messages"),
        (case(messages=[{"role": "user", "content": "  "}]), "no messages"),
        (case(messages=[{"role": "user"}]), "without text"),
        (case(messages=[{"role": "robot", "content": "Hi"}]), "robot"),
        (case(messages=[{"role": "user", "content": "a\x00b"}]), "NUL"),
        (case(messages=[{"role": "user", "content": "\ud83d"}]), "broken emoji"),
        (case(messages=[{"role": "user", "content": "x" * (LONGEST_TEXT + 1)}]), "100,000"),
        (case(variables={"a\x00": "b"}), "NUL"),
        (case(variables=["a"]), "variables"),
        (case(tags="refunds"), "tags"),
        (case(tags=["x" * 61]), "tags"),
        (case(weight="heavy"), "weight"),
        (case(weight=float("nan")), "weight"),
        (case(must_pass="false"), "must-pass"),
        (case(expectations={"scorer": "exact"}), "expectations"),
        (case(expectations=[{"scorer": "no_such"}]), "no_such"),
        (case(expectations=[{"scorer": "contains_any"}]), "needs: Texts"),
        (case(expectations=[{"scorer": "length", "max_words": "ten"}]), "length"),
        (case(expectations=[{"scorer": ["exact"]}]), "scorer"),
        (case(variables={"deep": json.loads("[" * 900 + "]" * 900)}, key="x" * 121), "name"),
        (case(variables={"n": float("inf")}), "JSON"),
        (["a", "list"], "JSON object"),
    ],
)
def test_what_cannot_be_a_case_is_refused_in_words(row: Any, said: str) -> None:
    with pytest.raises(UnusableCase, match=said):
        clean_case(row, 0)


def test_two_cases_of_one_name_are_refused() -> None:
    with pytest.raises(UnusableCase, match="Two cases are called parcel"):
        clean_cases([case(), case()])


def test_a_suite_is_bounded() -> None:
    with pytest.raises(UnusableCase, match="5,000"):
        clean_cases([case(key=str(n)) for n in range(MOST_CASES + 1)])
    with pytest.raises(UnusableCase, match="at least one"):
        clean_cases([])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    row=st.fixed_dictionaries(
        {"messages": st.lists(st.fixed_dictionaries({"content": st.text() | JSON})) | JSON},
        optional={
            "key": JSON, "variables": JSON, "tags": JSON, "must_pass": JSON, "weight": JSON,
            "source": JSON,
            "expectations": JSON | st.lists(
                st.dictionaries(st.sampled_from(["scorer", "value", "values", "pattern"]), JSON)
            ),
        },
    )
)  # fmt: skip
def test_anything_is_either_a_case_that_can_be_stored_or_refused(row: Any) -> None:
    try:
        clean = clean_case(row, 0)
    except UnusableCase:
        return
    text = json.dumps(clean, allow_nan=False, ensure_ascii=False)
    assert "\x00" not in text
    assert text.encode()
    assert clean_case(clean, 0) == clean
