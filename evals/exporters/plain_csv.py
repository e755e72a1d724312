"""A suite as the plain CSV that `evals.importers.plain_csv` reads back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evals.cells import line
from evals.importers.cases import LeaveOut
from evals.importers.parsed import UnusableFile
from evals.importers.plain_csv import NOTHING, SEPARATOR, expectation_of
from evals.scorers.catalogue import CATALOGUE

Case = Mapping[str, Any]
"""A case in the shape of `evals.cases.clean_case`."""


def written(cases: Iterable[Case]) -> str:
    """The CSV's text: one line a case, in their order, no cell a spreadsheet would run."""
    return "".join(lines(list(cases)))


def lines(cases: Sequence[Case]) -> Iterator[str]:
    """The CSV line by line, the headings first."""
    rows = [_row(case) for case in cases]
    found = dict.fromkeys(name for row in rows for name in row)
    headings = sorted(found, key=_place)
    for cells in (headings, *([row.get(name, "") for name in headings] for row in rows)):
        yield line(cells)


_FIXED = ("key", "system", "question", "messages")
_LAST = ("tags", "must_pass", "weight", "variables")


def _place(heading: str) -> tuple[int, int, str]:
    """Question first, then what is expected, then the rest, the variables at the end."""
    if heading in _FIXED:
        return (0, _FIXED.index(heading), "")
    if heading in _LAST:
        return (2, _LAST.index(heading), "")
    if heading.startswith("var:"):
        return (3, 0, heading)
    number = int(heading.removeprefix("scorer").removeprefix("expected"))
    return (1, number, "a" if heading.startswith("scorer") else "b")


def _row(case: Case) -> dict[str, str]:
    row = {"key": case["key"], **_asked(case["messages"])}
    for number, expectation in enumerate(case["expectations"], 1):
        row[f"scorer{number}"] = str(expectation["scorer"])
        row[f"expected{number}"] = _expected(expectation)
    if not case["expectations"]:
        row["scorer1"] = NOTHING
    row["tags"] = _tags(case["tags"])
    row["must_pass"] = "yes" if case["must_pass"] else "no"
    row["weight"] = f"{case['weight']:g}" if float(f"{case['weight']:g}") == case["weight"] else (
        repr(case["weight"])
    )  # fmt: skip
    return row | _variables(case["variables"])


def _asked(messages: Sequence[Mapping[str, str]]) -> dict[str, str]:
    roles = [message["role"] for message in messages]
    texts = [message["content"] for message in messages]
    if roles == ["user"] and texts[0].strip():
        return {"question": texts[0]}
    if roles == ["system", "user"] and all(text.strip() for text in texts):
        return {"system": texts[0], "question": texts[1]}
    return {"messages": _json(list(messages))}


def _expected(expectation: Mapping[str, Any]) -> str:
    """The shortest cell that is read back as this expectation."""
    scorer = str(expectation["scorer"])
    parameters = {name: value for name, value in expectation.items() if name != "scorer"}
    entry = CATALOGUE.get(scorer)
    if not parameters:
        return ""
    if entry is not None and len(parameters) == 1:
        cell = _plainly(next(iter(parameters.values())))
        try:
            if cell.strip() and expectation_of(scorer, cell) == dict(expectation):
                return cell
        except (LeaveOut, UnusableFile):
            pass
    return _json(parameters)


def _plainly(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return SEPARATOR.join(value)
    return value if isinstance(value, str) else _json(value)


def _tags(tags: Sequence[str]) -> str:
    if any(sign in tag for tag in tags for sign in ";,[") or any(t != t.strip() for t in tags):
        return _json(list(tags))
    return "; ".join(tags)


def _variables(variables: Mapping[str, Any]) -> dict[str, str]:
    """Texts as columns of their own; what a cell cannot say, as JSON in one column."""
    plain = {
        name: value for name, value in variables.items()
        if isinstance(value, str) and value and name.strip() == name and name
    }  # fmt: skip
    rest = {name: value for name, value in variables.items() if name not in plain}
    columns = {f"var:{name}": value for name, value in plain.items()}
    return columns | ({"variables": _json(rest)} if rest else {})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
