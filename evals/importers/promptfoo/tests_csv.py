"""A row of a promptfoo tests CSV as a test, in the shape a config writes it.

Columns: `__expected`, `__expected1` …, `__prefix`, `__suffix`, `__description`, `__metric`,
`__threshold`, `__metadata:key` (with `[]` a list), `__config:__expectedN:key`; all others are
variables. Source: promptfoo, site/docs/configuration/test-cases.md.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any

from evals.importers.cases import number_of

_ASSERTION = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z0-9:-]{1,40}?)(?:\((?P<threshold>\d{1,9}(?:\.\d{1,9})?)\))?"
    r"(?::(?P<value>.*))?",
    re.S,
)
_LISTS = {"contains-all", "contains-any", "icontains-all", "icontains-any"}
_CODE = {"fn": "javascript", "eval": "javascript", "javascript": "javascript", "python": "python"}


def test_of(row: Mapping[str, str], known: frozenset[str]) -> dict[str, Any]:
    """The test of one row. `known` are the types of assertion that promptfoo has."""
    test: dict[str, Any] = {"vars": {}, "assert": [], "options": {}, "metadata": {}}
    configs: dict[str, dict[str, Any]] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for name, cell in row.items():
        if name.startswith("__config:"):
            _, which, setting = (*name.split(":", 2), "")[:3]
            if cell.strip():
                configs.setdefault(which, {})[setting] = cell.strip()
        elif name.startswith("__expected"):
            if cell.strip():
                numbers[name] = assertion_of(cell, known)
                test["assert"].append(numbers[name])
        elif name.startswith("__metadata:"):
            _metadata(test["metadata"], name.partition(":")[2], cell)
        elif name in ("__prefix", "__suffix"):
            test["options"][name[2:]] = cell
        elif name in ("__description", "__threshold"):
            test[name[2:]] = cell.strip()
        elif not name.startswith("__") and name:
            test["vars"][name] = cell
    for which, settings in configs.items():
        for name, assertion in numbers.items():
            if which in (name, "__expected"):
                assertion.update(settings)
    return test


def _metadata(into: dict[str, Any], key: str, cell: str) -> None:
    if not cell.strip():
        return
    if key.endswith("[]"):
        parts = re.split(r"(?<!\\),", cell)
        into[key[:-2]] = [part.replace("\\,", ",").strip() for part in parts if part.strip()]
    else:
        into[key] = cell.strip()


def _listed(text: str) -> list[str]:
    """Values separated by commas; one that holds a comma stands in double quotes."""
    try:
        rows = list(csv.reader([text.replace("\n", " ")], skipinitialspace=True))
    except csv.Error:
        return [part.strip() for part in text.split(",")]
    return [part.strip() for part in rows[0]] if rows else []


def assertion_of(cell: str, known: frozenset[str]) -> dict[str, Any]:
    """The assertion that a cell writes as `type(threshold):value`; a bare text means equals."""
    head, colon, rest = cell.partition(":")
    if colon and head in _CODE:
        return {"type": _CODE[head], "value": rest.strip()}
    if cell.startswith("file://"):
        return {"type": "python" if ".py" in cell else "javascript", "value": cell}
    if head == "grade" and colon:
        return {"type": "llm-rubric", "value": rest.strip()}
    match = _ASSERTION.fullmatch(cell.strip())
    kind = match["type"] if match else ""
    if match is None or kind.removeprefix("not-") not in known:
        return {"type": "equals", "value": cell}
    value: Any = (match["value"] or "").strip()
    if kind.removeprefix("not-") in _LISTS:
        value = _listed(value)
    found: dict[str, Any] = {"type": kind}
    if value not in ("", [""]):
        found["value"] = value
    if match["threshold"]:
        found["threshold"] = number_of(match["threshold"])
    return found
