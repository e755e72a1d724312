"""Rows of a CSV, JSONL or JSON file, each with the place where it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from evals.importers.documents import json_of
from evals.importers.parsed import Parsed, UnusableFile

LONGEST_FIELD = 1_000_000
MOST_COLUMNS = 500

Row = tuple[str, dict[str, Any]]
"""Where a row stands (`line 7`), and the row."""


def jsonl(text: str, parsed: Parsed) -> Iterator[Row]:
    """The objects of a JSONL text; a line that is none is left out with its reason."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            row = json_of(line, "the line")
        except UnusableFile as error:
            parsed.leave_out(place, str(error))
            continue
        if isinstance(row, dict):
            yield place, row
        else:
            parsed.leave_out(place, "not a JSON object")


def json_list(text: str, parsed: Parsed, name: str) -> Iterator[Row]:
    """The objects of a JSON list, or of an object that holds one list of them."""
    found = json_of(text, name)
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else [found]
    if not isinstance(found, list):
        raise UnusableFile(f"{name} holds no list of samples")
    for number, row in enumerate(found, 1):
        if isinstance(row, dict):
            yield f"item {number}", row
        else:
            parsed.leave_out(f"item {number}", "not a JSON object")


def table(text: str, parsed: Parsed, name: str) -> Iterator[Row]:
    """The rows of a CSV text by column; `place` is the line on which a row begins."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=False)
    headings, begins = None, 1
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnusableFile(f"{name}, line {begins}: {error}") from None
        if not any(cell.strip() for cell in cells):
            continue
        if headings is None:
            headings = _headings(cells, name)
            continue
        place = f"line {begins}"
        if len(cells) > len(headings) and any(cell.strip() for cell in cells[len(headings) :]):
            parsed.leave_out(
                place, f"{len(cells)} cells under {len(headings)} headings: a quote or a delimiter "
                "is missing",
            )  # fmt: skip
            continue
        yield place, dict(zip(headings, [*cells, *[""] * len(headings)], strict=False))


def _headings(cells: list[str], name: str) -> list[str]:
    headings = [cell.strip() for cell in cells]
    if len(headings) > MOST_COLUMNS:
        raise UnusableFile(f"{name} has more than {MOST_COLUMNS} columns")
    twice = {heading for heading in headings if heading and headings.count(heading) > 1}
    if twice:
        raise UnusableFile(f"{name} has the column “{sorted(twice)[0]}” twice")
    return headings


def delimiter_of(text: str) -> str:
    """Comma, semicolon or tab: the one most often in the first line, outside of quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(",;\t", key=bare.count)
