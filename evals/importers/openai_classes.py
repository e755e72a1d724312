"""What the eval classes of OpenAI evals make of a sample.

Sources: openai/evals, evals/elsuite/basic and evals/api.py. `Match`: the answer begins with an
ideal, capitals count. `Includes`: it holds one, capitals count unless `ignore_case`.
`FuzzyMatch`: one holds the other, capitals, punctuation and articles aside.
`JsonMatch`: the answer's JSON equals an ideal's. `ModelBasedClassify`: a model grades.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evals.importers.cases import Gatherer, LeaveOut, messages_of, tags_of, texts_of
from evals.importers.documents import json_of
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.importers.rows import Row, json_list, jsonl

ALONE = "alone"
"""Kind of a samples file that no YAML names."""

Expectations = list[dict[str, Any]]


def samples_of(
    text: str, parsed: Parsed, *, kind: str, args: Mapping[str, Any],
    shots: list[Any], options: Options,
) -> None:  # fmt: skip
    """Add the samples of one file to `parsed`."""
    name = kind.strip().rpartition(":")[2]
    rows = list(_rows(text, parsed))
    grade = _grader(name, args, options)
    gatherer = Gatherer(parsed)
    for place, row in rows:
        try:
            if grade is None:
                raise LeaveOut(f"its class {kind} has no scorer here")
            messages = _question(row, shots)
            gatherer.add(
                place, key=f"sample-{place.split()[-1]:0>4}", messages=messages,
                expectations=grade(row), tags=tags_of(row.get("metadata")),
            )  # fmt: skip
        except LeaveOut as error:
            parsed.leave_out(place, str(error))
    _say(parsed, parsed.file, name, args)


def _rows(text: str, parsed: Parsed) -> list[Row]:
    if text.lstrip().startswith("["):
        return list(json_list(text, parsed, parsed.file))
    return list(jsonl(text, parsed))


def _question(row: Mapping[str, Any], shots: list[Any]) -> list[dict[str, str]]:
    if "input" not in row and "sample" in row:
        raise LeaveOut("it is a worked example for few-shot prompts, not a question")
    messages = messages_of(row.get("input"))
    before = [message for shot in shots for message in messages_of(shot)]
    return [*messages[:-1], *before, messages[-1]]


def _ideals(row: Mapping[str, Any]) -> list[str]:
    if "choice" in row and "completion" in row:
        raise LeaveOut("it is a labelled answer that tests a judge, not a question for a prompt")
    if "ideal" not in row:
        raise LeaveOut("it has no ideal answer to compare with (a model-graded sample?)")
    found = texts_of(row["ideal"])
    if not found:
        raise LeaveOut("its ideal answer is empty")
    return found


def _match(row: Mapping[str, Any]) -> Expectations:
    return [{"scorer": "starts_with", "values": _ideals(row), "case": True}]


def _includes(row: Mapping[str, Any]) -> Expectations:
    return [{"scorer": "contains_any", "values": _ideals(row), "case": True}]


def _fuzzy(row: Mapping[str, Any]) -> Expectations:
    return [{"scorer": "contains_any", "values": _ideals(row)}]


def _json_match(row: Mapping[str, Any]) -> Expectations:
    value = row.get("ideal")
    found = value if isinstance(value, list) else [value]
    try:
        ideals = [json_of(one, "the ideal") if isinstance(one, str) else one for one in found]
    except UnusableFile as error:
        raise LeaveOut(f"its ideal answer cannot be compared: {error}") from None
    return [{"scorer": "json_schema", "schema": {"enum": ideals}}]


def _json_valid(row: Mapping[str, Any]) -> Expectations:
    return [{"scorer": "json_valid"}]


_CLASSES: Mapping[str, Callable[[Mapping[str, Any]], Expectations]] = {
    ALONE: _match,
    "Match": _match,
    "MatchWithSolvers": _match,
    "Includes": _includes,
    "FuzzyMatch": _fuzzy,
    "JsonMatch": _json_match,
    "JsonValidator": _json_valid,
}


def _grader(
    name: str, args: Mapping[str, Any], options: Options
) -> Callable[[Mapping[str, Any]], Expectations] | None:
    if name == "ModelBasedClassify":
        return _judged(args, options)
    if name == "Includes" and args.get("ignore_case"):
        return _fuzzy
    if name == ALONE and options.scorer:
        return lambda row: [_as_told(options.scorer, _ideals(row))]
    return _CLASSES.get(name)


def _as_told(scorer: str, ideals: list[str]) -> dict[str, Any]:
    if scorer == "exact":
        if len(ideals) > 1:
            raise LeaveOut("it has several ideal answers, and an answer can be exactly one")
        return {"scorer": "exact", "value": ideals[0]}
    return {"scorer": scorer, "values": ideals}


_CRITERIA = {
    "fact": "The answer agrees in its facts with the ideal answer; style and detail may differ.",
    "closedqa": "",
    "sql": "The SQL gives the same result as the ideal answer's; blanks and names may differ.",
}
"""Judge specifications whose question is known without their file; "" is in the sample."""


def _judged(
    args: Mapping[str, Any], options: Options
) -> Callable[[Mapping[str, Any]], Expectations]:
    spec = str(args.get("modelgraded_spec", "?"))

    def grade(row: Mapping[str, Any]) -> Expectations:
        if args.get("metaeval") or ("choice" in row and "completion" in row):
            raise LeaveOut("it is a labelled answer that tests a judge, not a question")
        if not options.judge:
            raise LeaveOut(
                f"a model grades it by “{spec}”: name a judge of yours with --judge, or leave it"
            )
        criteria = str(row.get("criteria") or _CRITERIA.get(spec, ""))
        if not criteria:
            raise LeaveOut(f"a model grades it by “{spec}”, whose question is not in this file")
        judged = {"scorer": "llm_judge", "judge": options.judge, "criteria": criteria}
        return [judged | ({"reference": _ideals(row)[0]} if "ideal" in row else {})]

    return grade


def _say(parsed: Parsed, file: str, name: str, args: Mapping[str, Any]) -> None:
    if not parsed.cases:
        return
    if name == ALONE:
        parsed.note(
            file,
            "no YAML says its class, so it is read as Match (an answer begins with an ideal "
            "one); --scorer contains_any reads it as Includes",
        )
    if name == "FuzzyMatch":
        parsed.change(
            file, "FuzzyMatch sets punctuation and articles aside; here an answer has to hold the "
            "ideal as it is written, capitals aside",
        )  # fmt: skip
    if isinstance(args.get("task_description"), str):
        parsed.note(file, "its task description is not carried over: the prompt says the task")
