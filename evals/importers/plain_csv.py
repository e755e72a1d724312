"""A plain CSV, as `export_suite` writes it and people fill it in with a spreadsheet.

Columns, in any order, all but the question optional:

- `question` (or `input`, `prompt`): what the user says
- `key`: the case's name; `tags`: separated by semicolons (or a JSON list); `must_pass`: yes or no;
  `weight`: 1 where it is left out
- `expected`, `expected1`, `expected2` …: what a good answer holds to, with the scorer's name in
  `scorer`, `scorer1` … (`contains_any` where it is left out). Several texts are separated by ` | `;
  a cell that begins with `{` is JSON with all parameters of the scorer. The scorer `none` says
  that nothing is expected.
- `var:NAME`: a request variable (an empty cell: the case has none of that name); `variables`:
  JSON, all of them; `system`: a system message before the question
- `messages`: JSON, the whole conversation instead of `question` and `system`

Comma, semicolon and tab separate; the first line names the columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.cases import expectation_problem
from evals.cells import unguarded
from evals.importers.cases import Gatherer, LeaveOut, messages_of, number_of
from evals.importers.documents import json_of
from evals.importers.folder import Folder
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.importers.rows import table
from evals.scorers.catalogue import CATALOGUE, Parameter

QUESTIONS = ("question", "input", "prompt")
SEPARATOR = " | "
NOTHING = "none"
"""Scorer of a case that expects nothing: any answer passes."""

YES = {"yes", "y", "true", "1", "x", "ja", "oui"}
NO = {"", "no", "n", "false", "0", "nein", "non"}

_KNOWN = re.compile(
    r"(?:key|question|input|prompt|system|messages|tags|must_pass|weight|variables"
    r"|(?:expected|scorer)\d{0,3}|var:.+)",
)


def parse(path: Path, options: Options) -> list[Parsed]:
    """One suite for each CSV file."""
    folder = Folder(path if path.is_dir() else path.parent)
    files = list(folder.files(".csv", ".tsv")) if path.is_dir() else [path.resolve()]
    return [_file(folder, one, options) for one in files]


def _file(folder: Folder, path: Path, options: Options) -> Parsed:
    name = folder.name(path)
    parsed = Parsed(name=path.stem, file=name)
    gatherer = Gatherer(parsed, mark="")
    try:
        rows = list(table(folder.text(path), parsed, name))
        _check_columns(rows[0][1] if rows else {}, parsed, name)
    except UnusableFile as error:
        parsed.leave_out(name, str(error))
        return parsed
    for place, raw in rows:
        row = {column: unguarded(cell) for column, cell in raw.items()}
        try:
            _take(gatherer, place, row, options)
        except (LeaveOut, UnusableFile) as error:
            parsed.leave_out(place, str(error))
    return parsed


def _check_columns(row: Mapping[str, str], parsed: Parsed, name: str) -> None:
    if not row:
        raise UnusableFile(f"{name} has no rows under its headings")
    if not any(column in row for column in (*QUESTIONS, "messages")):
        raise UnusableFile(f"{name} has no column “question” (it has {', '.join(list(row)[:8])})")
    for column in row:
        if column and not _KNOWN.fullmatch(column):
            parsed.note(name, f"the column “{column[:60]}” is not read")


def _take(gatherer: Gatherer, place: str, row: Mapping[str, str], options: Options) -> None:
    expectations = _expectations(row, options)
    if not expectations and not any(row.get(name) == NOTHING for name in ("scorer", "scorer1")):
        raise LeaveOut("it expects nothing (no `expected` is filled in)")
    weight = number_of(row.get("weight", "").strip() or "1")
    if weight is None or weight < 0:
        raise LeaveOut(f"its weight {row['weight']!r} is not a number from 0")
    gatherer.add(
        place, key=row.get("key", "").strip() or f"case-{place.split()[-1]:0>4}",
        messages=_messages(row), expectations=expectations,
        variables=_variables(row), tags=_tags(row.get("tags", "")),
        must_pass=_yes(row.get("must_pass", "")), weight=weight,
    )  # fmt: skip


def _messages(row: Mapping[str, str]) -> list[dict[str, str]]:
    if row.get("messages", "").strip():
        return messages_of(json_of(row["messages"], "its messages"))
    asked = next((row[name] for name in QUESTIONS if row.get(name, "").strip()), "")
    question = messages_of(asked)
    if row.get("system", "").strip():
        return [{"role": "system", "content": row["system"]}, *question]
    return question


def _variables(row: Mapping[str, str]) -> dict[str, Any]:
    found = {name[4:]: cell for name, cell in row.items() if name.startswith("var:") and cell}
    if row.get("variables", "").strip():
        told = json_of(row["variables"], "its variables")
        if not isinstance(told, dict):
            raise LeaveOut("its variables are no JSON object")
        found |= told
    return found


def _tags(cell: str) -> list[str]:
    if cell.lstrip().startswith("["):
        found = json_of(cell, "its tags")
        return [str(tag) for tag in found] if isinstance(found, list) else []
    return [tag.strip() for tag in re.split("[;,]", cell) if tag.strip()]


def _yes(cell: str) -> bool:
    word = cell.strip().lower()
    if word in YES | NO:
        return word in YES
    raise LeaveOut(f"its must_pass {cell!r} is neither yes nor no")


def _expectations(row: Mapping[str, str], options: Options) -> list[dict[str, Any]]:
    numbers = {m[1] for name in row if (m := re.fullmatch(r"(?:expected|scorer)(\d{0,3})", name))}
    found = []
    for number in sorted(numbers, key=lambda one: int(one or 0)):
        expected, scorer = row.get(f"expected{number}", ""), row.get(f"scorer{number}", "").strip()
        if scorer != NOTHING and (expected.strip() or scorer):
            found.append(expectation_of(scorer or options.scorer or "contains_any", expected))
    return found


def expectation_of(scorer: str, cell: str) -> dict[str, Any]:
    """The expectation that two cells write. Raises LeaveOut with the reason."""
    entry = CATALOGUE.get(scorer)
    if entry is None:
        raise LeaveOut(f"there is no scorer called {scorer!r}")
    if cell.lstrip().startswith("{"):
        found = {"scorer": scorer, **json_of(cell, f"what {scorer} expects")}
    elif not cell.strip():
        found = {"scorer": scorer}
    else:
        first = next((one for one in entry.parameters if one.required), None)
        first = first or next(iter(entry.parameters), None)
        if first is None:
            raise LeaveOut(f"{scorer} takes no text, and “{cell[:40]}” stands in its cell")
        found = {"scorer": scorer, first.name: _typed(first, cell)}
    if problem := expectation_problem(found):
        raise LeaveOut(problem)
    return found


def _typed(parameter: Parameter, cell: str) -> Any:
    if parameter.type == "texts":
        return [part for part in cell.split(SEPARATOR) if part.strip()]
    if parameter.type in ("whole", "number"):
        number = number_of(cell.strip())
        if number is None:
            raise LeaveOut(f"{parameter.label}: {cell!r} is not a number")
        return int(number) if parameter.type == "whole" else number
    if parameter.type == "yes_no":
        return _yes(cell)
    return cell
