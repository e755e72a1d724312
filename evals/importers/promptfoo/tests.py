"""The tests of a config, from wherever it keeps them, each as a mapping with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.importers.cases import LeaveOut
from evals.importers.documents import json_of, yaml_of
from evals.importers.folder import Folder
from evals.importers.parsed import Parsed, UnusableFile
from evals.importers.promptfoo.assertions import KNOWN
from evals.importers.promptfoo.files import BINARY, CODE, matches
from evals.importers.promptfoo.tests_csv import test_of
from evals.importers.rows import json_list, jsonl, table

Test = tuple[str, Mapping[str, Any], Path]
"""Where a test stands, the test, and the file beside which it names others."""


def tests_of(value: Any, folder: Folder, beside: Path, parsed: Parsed) -> Iterator[Test]:
    """Every test, in order; a source that cannot be read is left out with its reason."""
    items = value if isinstance(value, list) else [value] if value is not None else []
    for number, item in enumerate(items, 1):
        place = f"test {number}" if isinstance(value, list) else "tests"
        if isinstance(item, dict) and "path" in item and "vars" not in item:
            item = item["path"]
        if isinstance(item, str):
            try:
                yield from _from_files(item, folder, beside, parsed)
            except (UnusableFile, LeaveOut) as error:
                parsed.leave_out(place, str(error))
        elif isinstance(item, dict):
            yield place, item, beside
        else:
            parsed.leave_out(place, "it is neither a test nor the name of a file")


def _from_files(reference: str, folder: Folder, beside: Path, parsed: Parsed) -> Iterator[Test]:
    plain = reference.removeprefix("file://").partition("#")[0]
    ending = Path(plain.rpartition(":")[0] or plain).suffix.lower()
    if Path(plain).suffix.lower() in CODE or ending in CODE:
        raise LeaveOut(f"{plain} makes its tests by a program, which is not run")
    if Path(plain).suffix.lower() in BINARY:
        raise LeaveOut(f"{plain} is not a text file: save it as CSV")
    for path in matches(folder, beside, reference):
        try:
            yield from of_file(folder, path, parsed)
        except UnusableFile as error:
            parsed.leave_out(folder.name(path), str(error))


def of_file(folder: Folder, path: Path, parsed: Parsed) -> Iterator[Test]:
    """The tests of one file: CSV, JSON, JSONL or YAML. Raises UnusableFile."""
    name, ending, text = folder.name(path), path.suffix.lower(), folder.text(path)
    within = Parsed()
    if ending == ".csv":
        rows = [(place, test_of(row, KNOWN)) for place, row in table(text, within, name)]
    elif ending == ".jsonl":
        rows = list(jsonl(text, within))
    elif ending == ".json":
        rows = list(json_list(text, within, name))
    else:
        found = yaml_of(text, name)
        items = found if isinstance(found, list) else [found]
        rows = [(f"test {n}", row) for n, row in enumerate(items, 1) if isinstance(row, dict)]
        if len(rows) < len(items):
            within.leave_out("its list", f"{len(items) - len(rows)} entries are no tests")
    for left in within.left_out:
        parsed.leave_out(f"{name} {left.place}", left.reason)
    for place, row in rows:
        yield f"{name} {place}", row, path


def document_of(folder: Folder, path: Path) -> Any:
    """A YAML or JSON file as a value. Raises UnusableFile."""
    text, name = folder.text(path), folder.name(path)
    return json_of(text, name) if path.suffix.lower() == ".json" else yaml_of(text, name)
