"""manage.py decide: a document in, a verdict out; what cannot be judged is told by its place.

No test here may use a database, and the command is run in each: that it needs none is shown.
"""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate_document import read
from evals.verdicts import UnusableInput

Json = dict[str, Any]

CHECKOUT = Path(__file__).resolve().parents[2]


def row(number: int, after: float = 1, tag: Any = "refunds", **more: Any) -> Json:
    return {
        "id": f"c{number}", "slice": tag, "must_pass": False, "baseline": [1], "candidate": [after],
        **more,
    }  # fmt: skip


def document(**more: Any) -> Json:
    """Nine of 60 cases about refunds break, and none of 140 about orders."""
    cases = [row(number, after=int(number >= 9)) for number in range(60)]
    cases += [row(number, tag="orders") for number in range(60, 200)]
    limits = {"min_pass_rate": 0.5, "margin": None}
    return {"thresholds": limits, "cases": cases, "reserve": [], "errors": 0} | more


def run(path: Path) -> tuple[int, list[Json], str]:
    """Exit status, the answers and what was said beside them."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("decide", str(path), stdout=out, stderr=err)
    except SystemExit as stop:
        status = int(stop.code or 0)
    text = out.getvalue()
    if path.suffix == ".jsonl":
        return status, [json.loads(line) for line in text.splitlines()], err.getvalue()
    return status, [json.loads(text)] if text else [], err.getvalue()


def written(tmp_path: Path, value: Any, name: str = "results.json") -> Path:
    path = tmp_path / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_document_gives_the_contract_s_answer(tmp_path: Path):
    status, (answer,), _ = run(written(tmp_path, document()))
    assert (status, answer["verdict"]) == (0, "inconclusive")
    assert {"check": "slice", "slice": "refunds"}.items() <= answer["reasons"][0].items()
    assert answer["broken"] == [f"c{number}" for number in range(9)]
    assert (answer["fixed"], answer["p_values"]["slice:refunds"]) == ([], 1 / 512)
    assert 0 < answer["smallest_detectable_effect"] < 1


def test_the_command_itself_answers_without_loading_django(tmp_path: Path):
    path = written(tmp_path, document())
    script = (
        "import sys; from fleet.launch.entry import run\n"
        f"status = run(['manage.py', 'decide', {str(path)!r}])\n"
        "sys.exit(status or 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=CHECKOUT)
    assert (done.returncode, json.loads(done.stdout)) == (0, run(path)[1][0]), done.stderr


def test_a_reserve_of_the_same_ids_confirms(tmp_path: Path):
    whole = document(thresholds={"min_pass_rate": 0.5})
    whole["reserve"] = copy.deepcopy(whole["cases"])
    status, (answer,), _ = run(written(tmp_path, whole))
    assert (status, answer["verdict"]) == (0, "no_go")


def test_a_slice_may_be_a_text_a_list_of_tags_or_nothing():
    cases = [row(0, tag=["a", "b"]), row(1, tag=[]), row(2, tag=None), row(3, tag=""), row(4)]
    del cases[1]["slice"]
    found = [case.slices for case in read(document(cases=cases)).cases]
    assert found == [("a", "b"), (), (), (), ("refunds",)]


def test_what_is_optional_may_be_missing():
    whole = {"thresholds": {"min_pass_rate": 0}, "cases": [], "later": True}
    assert read(whole).decide().verdict == "inconclusive"


@pytest.mark.parametrize(
    "judges",
    [
        {"baseline": "tone@3", "candidate": "tone@4"},
        {"baseline": ["tone@3"], "candidate": ["tone@3", "tone@4"]},
        {"baseline": {"tone": 3}, "candidate": {"tone": 4}},
    ],
)
def test_a_changed_judge_in_the_document_is_inconclusive(judges: Json):
    clean = [row(number) for number in range(60)]
    assert read(document(cases=clean)).decide().verdict == "go"
    decision = read(document(cases=clean, judges=judges)).decide()
    assert (decision.verdict, decision.reasons[0].check) == ("inconclusive", "validity")


def test_a_judge_that_changes_from_case_to_case_is_inconclusive():
    clean = [
        row(number, judges={"candidate": f"tone@{3 + number // 30}"}) for number in range(60)
    ]  # fmt: skip
    assert "changed during the run" in read(document(cases=clean)).decide().headline


NAN = float("nan")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"cases": {}}, "cases: must be a list of cases, not an object."),
        ({"cases": [7]}, "cases[0]: must be an object {…}, not 7."),
        ({"cases": [row(0), row(1), row(0)]}, "cases[2].id: 'c0' is the id of cases[0]."),
        ({"reserve": [row(0), row(0)]}, "reserve[1].id: 'c0' is the id of reserve[0]."),
        ({"reserve": False}, "reserve: must be a list of cases, not false."),
        ({"cases": [row(0, id=5)]}, "cases[0].id: must be a text, not 5."),
        ({"cases": [row(0, id="")]}, "cases[0].id: must be a text"),
        ({"cases": [row(0, tag=3)]}, "cases[0].slice: must be a text or a list of texts, not 3."),
        ({"cases": [row(0, tag=["a", 3])]}, "cases[0].slice[1]: must be a text, not 3."),
        ({"cases": [row(0, must_pass="yes")]}, "cases[0].must_pass: must be true or false"),
        ({"cases": [row(0, baseline=[])]}, "cases[0].baseline: has no score"),
        ({"cases": [row(0, baseline=1)]}, "cases[0].baseline: must be a list of scores, not 1."),
        ({"cases": [row(0, candidate=[1, NAN])]}, "cases[0].candidate[1]: must be a number"),
        ({"cases": [row(0, candidate=[float("inf")])]}, "cases[0].candidate[0]: must be a number"),
        ({"cases": [row(0, candidate=[True])]}, "must be a number from 0 to 1, not true."),
        ({"cases": [row(0, candidate=["1"])]}, "must be a number from 0 to 1, not '1'."),
        ({"cases": [row(0, candidate=[None])]}, "must be a number from 0 to 1, not null."),
        ({"cases": [row(0, candidate=[-0.1])]}, "must be a number from 0 to 1, not -0.1."),
        ({"cases": [row(0, candidate=[10**400])]}, "cases[0].candidate[0]: must be a number"),
        ({"errors": -1}, "errors: must be a whole number from 0, not -1."),
        ({"errors": 1.5}, "errors: must be"),
        ({"errors": True}, "errors: must be"),
        ({"thresholds": None}, "thresholds: must be an object {…}, not null."),
        ({"thresholds": {}}, "thresholds.min_pass_rate: is missing."),
        ({"thresholds": {"min_pass_rate": "0.8"}}, "thresholds.min_pass_rate: must be a number"),
        ({"thresholds": {"min_pass_rate": 80}}, "thresholds.min_pass_rate: must be a number"),
        ({"thresholds": {"min_pass_rate": 0, "margin": 0}}, "thresholds.margin: must be above 0"),
        ({"thresholds": {"min_pass_rate": 0, "margin": NAN}}, "thresholds.margin: must be"),
        ({"judges": ["tone@3"]}, "judges: must be an object"),
        ({"judges": {"baseline": [3]}}, "judges.baseline[0]: must be a text, not 3."),
    ],
)
def test_what_cannot_be_judged_is_refused_by_its_place(change: Json, place: str, tmp_path: Path):
    status, answers, said = run(written(tmp_path, document(**change)))
    assert (status, answers) == (2, [])
    assert place in said


@pytest.mark.parametrize("key", ["thresholds", "cases"])
def test_a_missing_key_is_named(key: str):
    whole = document()
    del whole[key]
    with pytest.raises(UnusableInput, match=f"^{key}: is missing"):
        read(whole)


@pytest.mark.parametrize("key", ["id", "baseline", "candidate"])
def test_a_missing_key_of_a_case_is_named(key: str):
    whole = document()
    del whole["cases"][3][key]
    with pytest.raises(UnusableInput, match=rf"^cases\[3\]\.{key}: is missing"):
        read(whole)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\ufeff[]", '"x"'])
def test_what_is_no_document_is_refused(text: str, tmp_path: Path):
    assert run(written(tmp_path, text))[0] == 2


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path):
    assert run(tmp_path / "absent.json")[0] == run(tmp_path)[0] == 2
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    assert run(tmp_path / "binary.json")[0] == 2


def test_a_bad_line_keeps_its_place_and_its_neighbours_are_judged(tmp_path: Path):
    lines = [json.dumps(document()), "not json", "", json.dumps(document(errors=-1)),
             json.dumps(document(errors=40))]  # fmt: skip
    status, answers, said = run(written(tmp_path, "\n".join(lines), "results.jsonl"))
    assert status == 2
    assert [answer.get("verdict") for answer in answers] == [
        "inconclusive", None, None, "inconclusive",
    ]  # fmt: skip
    assert answers[1]["line"] == 2 and "not JSON" in answers[1]["error"]
    assert answers[2] == {"line": 4, "error": "errors: must be a whole number from 0, not -1."}
    assert "line 4: errors" in said


def test_lines_without_fault_exit_with_zero(tmp_path: Path):
    path = written(tmp_path, "\n".join([json.dumps(document())] * 3) + "\n", "results.jsonl")
    status, answers, said = run(path)
    assert (status, len(answers), said) == (0, 3, "")


def test_lines_of_an_empty_file_are_unusable(tmp_path: Path):
    assert run(written(tmp_path, "\n\n", "results.jsonl"))[0] == 2


def test_ids_of_any_script_and_lone_surrogates_come_back(tmp_path: Path):
    cases = [row(0, after=0, id="\ud800"), row(1, after=0, id="Rückgabe")]
    _, (answer,), _ = run(written(tmp_path, document(cases=cases)))
    assert sorted(answer["broken"]) == ["Rückgabe", "\ud800"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["thresholds", "cases", "reserve", "errors", "judges", "cases.0"]),
    st.sampled_from(["id", "slice", "must_pass", "baseline", "candidate", ""]),
    anything,
)
def test_whatever_stands_in_a_document_is_judged_or_refused(place: str, key: str, value: Any):
    whole = document(cases=[row(number) for number in range(4)])
    if place == "cases.0" and key:
        whole["cases"][0][key] = value
    else:
        whole[place.split(".")[0]] = value
    try:
        assert json.dumps(read(whole).decide().as_dict(), allow_nan=False)
    except UnusableInput as refusal:
        assert str(refusal)
