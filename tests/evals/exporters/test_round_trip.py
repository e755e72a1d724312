"""What is exported comes back: exactly from CSV, in meaning from promptfoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.cases import clean_cases, eval_hash
from evals.cells import guarded, unguarded
from evals.exporters import plain_csv, promptfoo
from evals.importers.formats import FORMATS
from evals.importers.parsed import Options, Parsed

TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=12
) | st.sampled_from(["=1+1", "'=x", "a | b", "{", "[", "x;y", "@a", "-1", " a ", "\r\n", "'"])
SOME = TEXT.filter(str.strip)
EXPECTATION = st.one_of(
    st.lists(SOME, min_size=1, max_size=3).map(lambda v: {"scorer": "contains_any", "values": v}),
    st.builds(lambda v, c: {"scorer": "exact", "value": v, "case": c}, SOME, st.booleans()),
    st.builds(lambda v: {"scorer": "exact", "value": v}, SOME),
    st.builds(lambda n: {"scorer": "length", "max_words": n}, st.integers(1, 99)),
    st.builds(lambda n: {"scorer": "latency", "max_ms": n}, st.floats(1, 1e6)),
    st.just({"scorer": "refusal"}),
    st.just({"scorer": "json_schema", "schema": {"const": {"a": [1, None]}}}),
)  # fmt: skip
MESSAGES = st.lists(
    st.builds(
        lambda role, text: {"role": role, "content": text},
        st.sampled_from(["user", "assistant", "system"]), TEXT,
    ),
    min_size=1, max_size=3,
).filter(lambda found: any(one["content"].strip() for one in found))  # fmt: skip
CASE = st.fixed_dictionaries(
    {
        "messages": MESSAGES,
        "variables": st.dictionaries(SOME, TEXT | st.integers(-5, 5) | st.none(), max_size=3),
        "tags": st.lists(SOME.map(str.strip).filter(bool), max_size=3, unique=True),
        "must_pass": st.booleans(),
        "weight": st.floats(0, 1_000),
        "expectations": st.lists(EXPECTATION, max_size=3),
    }
)


def back(folder: Path, name: str, text: str, kind: str) -> Parsed:
    (folder / name).write_bytes(text.encode())
    return FORMATS[kind](folder / name, Options())[0]


@given(st.lists(CASE, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_suite_as_csv_comes_back_exactly(
    tmp_path_factory: Any, rows: list[dict[str, Any]]
) -> None:
    cases = clean_cases([{**row, "key": f"case {n}"} for n, row in enumerate(rows)])
    parsed = back(tmp_path_factory.mktemp("x"), "x.csv", plain_csv.written(cases), "csv")
    assert parsed.left_out == []
    assert eval_hash(clean_cases(parsed.cases)) == eval_hash(cases)


@given(TEXT)
@settings(max_examples=50, deadline=None)
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_suite_as_promptfoo_comes_back_in_meaning(tmp_path: Path) -> None:
    cases = clean_cases(
        [
            {
                "key": "one", "messages": [{"role": "user", "content": "Use {{x}}, {% raw %}?"}],
                "variables": {"name": "Ana", "items": ["a", "b"]}, "tags": ["refunds"],
                "expectations": [
                    {"scorer": "contains_all", "values": ["{{x}}", "Yes"], "case": True},
                    {"scorer": "json_schema", "schema": {"type": "object"}},
                    {"scorer": "language", "value": "de"},
                    {"scorer": "exact", "value": "No"},
                ],
            },
            {
                "key": "two",
                "messages": [
                    {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                    {"role": "user", "content": "c"},
                ],
                "expectations": [{"scorer": "refusal"}],
            },
        ]
    )  # fmt: skip
    exported = promptfoo.written(cases, title="Test: 1")
    assert yaml.safe_load(exported.text)["providers"] == ["echo"]
    assert list(exported.left_out) == ["one: promptfoo has nothing like language"]
    parsed = back(tmp_path, "promptfooconfig.yaml", exported.text, "promptfoo")
    assert [case["messages"] for case in parsed.cases] == [case["messages"] for case in cases]
    assert parsed.cases[0]["expectations"] == cases[0]["expectations"][:2]
    assert [left.place for left in parsed.left_out] == ["test 1, assertion 3 (javascript)"]
    assert parsed.cases[0]["tags"] == ["refunds", "imported"]
