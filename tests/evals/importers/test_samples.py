"""OpenAI evals, Inspect and plain CSV: what a row becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.importers.formats import FORMATS
from evals.importers.parsed import Options, Parsed


def registry(folder: Path, name: str, rows: list[dict[str, Any]], **args: Any) -> Parsed:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "evals").mkdir(exist_ok=True)
    (folder / "data/s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    entry = {"class": name, "args": {"samples_jsonl": "s.jsonl", **args}}
    (folder / "evals/e.yaml").write_text(json.dumps({"e": {"id": "e.v0"}, "e.v0": entry}))
    return FORMATS["openai-evals"](folder / "evals/e.yaml", Options())[0]


def inspect(folder: Path, name: str, text: str, **options: str) -> Parsed:
    (folder / name).write_text(text)
    return FORMATS["inspect"](folder / name, Options(**options))[0]


@pytest.mark.parametrize(
    ("kind", "ideal", "expectation"),
    [
        ("basic.match:Match", "B", {"scorer": "starts_with", "values": ["B"], "case": True}),
        ("basic.includes:Includes", 7, {"scorer": "contains_any", "values": ["7"], "case": True}),
        ("basic.fuzzy_match:FuzzyMatch", ["x"], {"scorer": "contains_any", "values": ["x"]}),
        ("basic.json_match:JsonMatch", '{"a": 1}',
         {"scorer": "json_schema", "schema": {"enum": [{"a": 1}]}}),
    ],
)  # fmt: skip
def test_the_class_decides_how_a_sample_is_scored(
    tmp_path: Path, kind: str, ideal: Any, expectation: dict[str, Any]
) -> None:
    parsed = registry(tmp_path, f"evals.elsuite.{kind}", [{"input": "Q?", "ideal": ideal}])
    assert parsed.name == "e"
    assert parsed.cases[0]["expectations"] == [expectation]


def test_an_unknown_class_leaves_each_sample_out(tmp_path: Path) -> None:
    parsed = registry(tmp_path, "evals.elsuite.translate:Translate", [{"input": "Q"}] * 3)
    assert [left.place for left in parsed.left_out] == ["line 1", "line 2", "line 3"]
    assert "Translate" in parsed.left_out[0].reason


def test_few_shots_stand_before_the_question(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shot = {
        "sample": [
            {"role": "system", "name": "example_user", "content": "1+1?"},
            {"role": "system", "name": "example_assistant", "content": "2"},
        ]
    }
    (tmp_path / "data/few.jsonl").write_text(json.dumps(shot))
    parsed = registry(
        tmp_path, "x:Match", [{"input": "2+2?", "ideal": "4"}],
        few_shot_jsonl="few.jsonl", num_few_shot=1,
    )  # fmt: skip
    assert [m["role"] for m in parsed.cases[0]["messages"]] == ["user", "assistant", "user"]


def test_choices_become_letters_and_the_target_one_of_them(tmp_path: Path) -> None:
    parsed = inspect(tmp_path, "m.csv", 'input,target,choices\n"Smallest?",B,"3,1,2"\n')
    case = parsed.cases[0]
    assert "B) 1" in case["messages"][0]["content"]
    assert case["expectations"] == [{"scorer": "label", "value": "B", "labels": ["A", "B", "C"]}]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"input": "q", "target": "a", "files": {"x": "y"}}, "files in a sandbox"),
        ({"input": "q", "target": "a", "setup": "rm -rf /"}, "a script"),
        ({"input": "q"}, "no ideal answer"),
        ({"target": "a"}, "no question"),
        ({"input": [{"role": "user", "content": [{"type": "image", "image": "x.png"}]}],
          "target": "a"}, "image"),
        ({"input": "q", "target": "Z", "choices": ["a", "b"]}, "none of its 2 choices"),
        ({"input": "q", "target": "a", "metadata": "{"}, "metadata"),
    ],
)  # fmt: skip
def test_a_sample_that_needs_more_than_a_question_is_left_out(
    tmp_path: Path, row: dict[str, Any], why: str
) -> None:
    parsed = inspect(tmp_path, "x.jsonl", json.dumps(row))
    assert parsed.cases == []
    assert why in parsed.left_out[0].reason


def test_other_field_names_are_told_or_read_and_said(tmp_path: Path) -> None:
    row = json.dumps({"q": "Hi?", "gold": "Hello"})
    told = inspect(tmp_path, "x.jsonl", row, input_field="q", target_field="gold", scorer="exact")
    assert told.cases[0]["expectations"] == [{"scorer": "exact", "value": "Hello"}]
    usual = inspect(tmp_path, "y.jsonl", json.dumps({"question": "Hi?", "answer": "Hello"}))
    assert len(usual.notes) == 2


def test_a_plain_csv_says_by_line_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "key\tquestion\texpected\tscorer\tmust_pass\tvar:name\n"
        "a\tHi?\thello | hallo\t\tyes\tAna\n"
        "b\tHi?\t12\tlength\tno\t\n"
        "c\tHi?\tx\tmade_up\tno\t\n"
        "d\tHi?\tx\t\tmaybe\t\n"
        "e\t\tx\t\tno\t\n"
        "f\tHi?\t\t\tno\t\n"
    )
    parsed = FORMATS["csv"](tmp_path / "x.csv", Options())[0]
    assert [case["key"] for case in parsed.cases] == ["a", "b"]
    assert parsed.cases[0]["variables"] == {"name": "Ana"}
    assert parsed.cases[0]["must_pass"] is True
    assert parsed.cases[0]["expectations"] == [
        {"scorer": "contains_any", "values": ["hello", "hallo"]}
    ]
    assert parsed.cases[1]["expectations"] == [{"scorer": "length", "max_words": 12}]
    said = {left.place: left.reason for left in parsed.left_out}
    assert list(said) == ["line 4", "line 5", "line 6", "line 7"]
    assert "made_up" in said["line 4"]
    assert "maybe" in said["line 5"]
