"""Scenarios of a config: each set of data with each of its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.importers.folder import Folder
from evals.importers.parsed import Parsed
from evals.importers.promptfoo.tests import Test, tests_of


def scenario_tests(value: Any, folder: Folder, beside: Path, parsed: Parsed) -> Iterator[Test]:
    """The tests of all scenarios, each with the variables of one set of data under its own."""
    for number, scenario in enumerate(value if isinstance(value, list) else [], 1):
        if not isinstance(scenario, dict):
            parsed.leave_out(f"scenario {number}", "it stands in another file, or is unreadable")
            continue
        tests = list(tests_of(scenario.get("tests"), folder, beside, parsed)) or [("", {}, beside)]
        sets = scenario.get("config")
        for at, data in enumerate(sets if isinstance(sets, list) else [{}], 1):
            given = data if isinstance(data, dict) else {}
            for place, test, near in tests:
                variables = {**_dict(given.get("vars")), **_dict(test.get("vars"))}
                checks = [*_list(given.get("assert")), *_list(test.get("assert"))]
                both = {**given, **test, "vars": variables, "assert": checks}
                yield f"scenario {number}, data {at} {place}".strip(), both, near


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
