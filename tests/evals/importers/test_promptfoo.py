"""What promptfoo means by a config, and what it becomes."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from evals.importers.formats import FORMATS
from evals.importers.parsed import Options, Parsed


def read(folder: Path, config: str, *, judge: str = "", prompt_number: int = 1) -> Parsed:
    (folder / "promptfooconfig.yaml").write_text(textwrap.dedent(config))
    options = Options(judge=judge, prompt_number=prompt_number)
    return FORMATS["promptfoo"](folder / "promptfooconfig.yaml", options)[0]


def only(folder: Path, assertion: str, **options: Any) -> Parsed:
    """A config of one test with one assertion, beside one that always comes in."""
    return read(
        folder,
        f"""
        prompts: ['{{{{q}}}}']
        tests:
          - vars: {{q: Hello}}
            assert:
              - {{type: contains, value: always}}
              - {assertion}
        """,
        **options,
    )


@pytest.mark.parametrize(
    ("assertion", "expectation"),
    [
        ("{type: equals, value: Yes}", {"scorer": "exact", "value": "Yes", "case": True}),
        ("{type: equals, value: {a: 1}}", {"scorer": "json_schema", "schema": {"const": {"a": 1}}}),
        ("{type: icontains, value: 5}", {"scorer": "contains_all", "values": ["5"]}),
        (
            "{type: contains-any, value: [a, '{{q}}']}",
            {"scorer": "contains_any", "values": ["a", "Hello"], "case": True},
        ),
        ("{type: not-contains-any, value: 'a,b'}",
         {"scorer": "not_contains", "values": ["a", "b"], "case": True}),
        ("{type: starts-with, value: A}", {"scorer": "starts_with", "values": ["A"], "case": True}),
        ("{type: regex, value: '[0-9]{4}'}",
         {"scorer": "regex", "pattern": "[0-9]{4}", "case": True}),
        ("{type: is-json}", {"scorer": "json_valid"}),
        ("{type: contains-json, value: {type: object}}",
         {"scorer": "json_schema", "schema": {"type": "object"}, "anywhere": True}),
        ("{type: latency, threshold: 900}", {"scorer": "latency", "max_ms": 900}),
        ("{type: cost, threshold: 0.01}", {"scorer": "cost", "max_usd": 0.01}),
        ("{type: is-refusal}", {"scorer": "refusal"}),
        ("{type: word-count, value: {max: 20}}", {"scorer": "length", "max_words": 20}),
    ],
)  # fmt: skip
def test_an_assertion_becomes_the_scorer_that_means_the_same(
    tmp_path: Path, assertion: str, expectation: dict[str, Any]
) -> None:
    parsed = only(tmp_path, assertion)
    assert parsed.cases[0]["expectations"][1:] == [expectation]
    assert parsed.left_out == []


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        ("{type: javascript, value: 'output.length'}", "JavaScript"),
        ("{type: python, value: 'len(output)'}", "Python"),
        ("{type: javascript, value: file://check.js}", "JavaScript"),
        ("{type: webhook, value: 'http://127.0.0.1/'}", "nothing is fetched"),
        ("{type: llm-rubric, value: is kind}", "--judge"),
        ("{type: context-recall, value: x}", "no judge here"),
        ("{type: is-valid-openai-tools-call}", "not carried over"),
        ("{type: is-json, value: file://schema.json}", "schema.json is not in the folder"),
        ("{type: contains, value: x, transform: output.a}", "changed by code"),
        ("{type: contains, value: x, weight: 0}", "weight is 0"),
        ("{type: regex, value: '(a+)+$'}", "repeat"),
        ("{type: levenshtein, value: abc, threshold: 5}", "all of its 3 characters"),
        ("{type: made-up}", "made-up"),
        ("{$ref: '#/nowhere'}", "#/nowhere"),
        ("{type: contains, value: '{{ q | shout }}'}", "filter shout"),
        ("{type: contains, value: '{{ env.KEY }}'}", "environment"),
        ("{type: assert-set, threshold: 0.5, assert: [{type: is-json}]}", "enough"),
    ],
)
def test_an_assertion_without_an_equal_is_left_out_by_name(
    tmp_path: Path, assertion: str, why: str
) -> None:
    parsed = only(tmp_path, assertion)
    assert len(parsed.cases[0]["expectations"]) == 1
    assert len(parsed.left_out) == 1
    assert parsed.left_out[0].place.startswith("test 1, assertion 2")
    assert why in parsed.left_out[0].reason


def test_a_test_of_which_nothing_comes_in_is_no_case_that_always_passes(tmp_path: Path) -> None:
    parsed = read(tmp_path, "tests: [{vars: {q: a}, assert: [{type: python, value: x}]}]")
    assert parsed.cases == []
    assert [left.place for left in parsed.left_out] == ["test 1, assertion 1 (python)", "test 1"]


def test_a_named_judge_takes_the_rubrics(tmp_path: Path) -> None:
    parsed = only(tmp_path, "{type: factuality, value: 'Paris'}", judge="rubric")
    assert parsed.cases[0]["expectations"][1]["judge"] == "rubric"
    assert parsed.cases[0]["expectations"][1]["reference"] == "Paris"


def test_lists_multiply_defaults_are_merged_and_prompts_are_filled_in(tmp_path: Path) -> None:
    parsed = read(
        tmp_path,
        """
        prompts: ['To {{lang}}: {{text}}', 'Second {{text}}']
        defaultTest:
          vars: {lang: French}
          assert: [{type: icontains, value: b}]
          options: {suffix: ' please'}
        tests:
          - description: Greetings
            vars: {text: [Hi, Bye]}
            metadata: {category: greeting}
            assert: [{type: equals, value: '{{text}}!'}]
        """,
    )
    assert [case["messages"][0]["content"] for case in parsed.cases] == [
        "To French: Hi please", "To French: Bye please",
    ]  # fmt: skip
    assert [case["key"] for case in parsed.cases] == ["Greetings", "Greetings (2)"]
    assert parsed.cases[1]["expectations"][1]["value"] == "Bye!"
    assert parsed.cases[0]["tags"] == ["greeting", "imported"]
    assert [left.place for left in parsed.left_out] == ["prompt 2 of 2"]


def test_tests_come_from_csv_json_and_yaml_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "q,__expected1,__expected2,__description,__metadata:category,__threshold\n"
        'One,"contains-all(0.5): a, b",similar(0.9):x,First,maths,0.5\n'
        "Two,plain: text,,,,\n"
    )
    (tmp_path / "b.json").write_text('[{"vars": {"q": "Three"}, "assert": [{"type": "is-json"}]}]')
    (tmp_path / "more").mkdir()
    (tmp_path / "more/c.yaml").write_text("- {vars: {q: Four}, assert: [{type: is-json}]}")
    parsed = read(
        tmp_path,
        "prompts: ['{{q}}']\ntests: [file://a.csv, b.json, 'file://more/*.yaml', file://gen.py]",
    )
    assert [case["messages"][0]["content"] for case in parsed.cases] == [
        "One", "Two", "Three", "Four",
    ]  # fmt: skip
    first, second = parsed.cases[:2]
    assert first["expectations"][0] == {
        "scorer": "contains_all",
        "values": ["a", "b"],
        "case": True,
    }
    assert first["tags"] == ["maths", "imported"]
    assert second["expectations"] == [{"scorer": "exact", "value": "plain: text", "case": True}]
    assert "gen.py" in parsed.left_out[-1].reason
    assert any("threshold" in one.reason for one in parsed.changed)


def test_a_missing_variable_file_leaves_its_case_out_by_name(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("Approval from 500 dollars.")
    parsed = read(
        tmp_path,
        """
        prompts: ['{{query}} {{context}}']
        tests:
          - vars: {query: A, context: file://docs/a.md}
            assert: [{type: contains, value: $500}]
          - vars: {query: B, context: file://docs/b.md}
            assert: [{type: contains, value: x}]
        """,
    )
    assert parsed.cases[0]["messages"][0]["content"] == "A Approval from 500 dollars."
    assert [(left.place, left.reason) for left in parsed.left_out] == [
        ("test 2", "the file docs/b.md is not in the folder")
    ]


def test_a_chat_prompt_keeps_its_roles_and_another_prompt_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(
        '[{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{q}}"}]'
    )
    parsed = read(
        tmp_path,
        """
        prompts: ['{{q}}', file://chat.json]
        tests: [{vars: {q: Hi, tone: kind}, assert: [{type: is-json}]}]
        """,
        prompt_number=2,
    )
    assert parsed.cases[0]["messages"] == [
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
    ]  # fmt: skip
