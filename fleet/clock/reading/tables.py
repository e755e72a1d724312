"""Tables of models: CSV as spreadsheets save it, and Markdown as providers' pages copy."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = tuple[str, str, Mapping[str, object]]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "provider": ("provider", "maker", "vendor", "litellm provider"),
    "snapshot": (
        "snapshot", "model", "model id", "model name", "model snapshot", "deprecated model", "id",
        "system", "model system", "api model name", "model / system",
    ),
    "retires_on": (
        "retires on", "retirement date", "retirement", "shutdown date", "shutdown", "deprecation",
        "deprecation date", "end of life", "eol", "retired on", "tentative retirement date",
        "sunset", "sunset date",
    ),
    "source": ("source", "retires source", "retirement source", "url", "link"),
    "context_window": (
        "context window", "context", "max input tokens", "context window tokens",
        "context length",
    ),
    "input_price": (
        "input price", "input", "input price usd", "input usd per million tokens", "input mtok",
    ),
    "output_price": (
        "output price", "output", "output price usd", "output usd per million tokens",
        "output mtok",
    ),
}  # fmt: skip
"""What a column is for -> the headings it is known by, in small letters without signs."""

MOST_ROWS = 50_000


def rows(text: str) -> tuple[str, Iterator[Row]]:
    """The kind of table in words, and its rows; no kind where there is none."""
    if markdown := list(_markdown(text)):
        return "a Markdown table", _named(markdown)
    table = list(_csv(text))
    if table and meanings(table[0][1]).keys() >= {"snapshot"}:
        return "a table (CSV)", _named(table)
    return "", iter(())


def names_models(row: Mapping[str, object]) -> bool:
    """Whether an object's fields are those of a table of models."""
    return "snapshot" in meanings([str(name) for name in row])


def as_row(said: Mapping[str, object], where: str) -> Iterator[Row]:
    """One object as a table's row."""
    known = meanings(list(said))
    values = list(said.values())
    yield _row({field: values[place] for field, place in known.items()}, where)


def meanings(headings: Sequence[str]) -> dict[str, int]:
    """What a column is for -> its place; the first that fits."""
    plain = [" ".join(re.sub(r"[^a-z0-9/]+", " ", name.lower()).split()) for name in headings]
    found: dict[str, int] = {}
    for field, names in COLUMNS.items():
        places = [plain.index(name) for name in names if name in plain]
        if places:
            found[field] = places[0]
    return found


Line = tuple[str, list[str]]
"""Place and cells."""


def _named(lines: Iterable[Line]) -> Iterator[Row]:
    """Rows under their headings; a table that does not name models is passed over."""
    known: dict[str, int] = {}
    for where, cells in lines:
        heading = meanings(cells)
        if "snapshot" in heading and (len(heading) > 1 or not known):
            known = heading
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not known:
            continue
        yield _row(
            {name: cells[place] for name, place in known.items() if place < len(cells)}, where
        )


def _row(said: Mapping[str, object], where: str) -> Row:
    name = str(said.get("snapshot") or "")
    return name, where, {"provider": "", "snapshot": "", **said}


def _csv(text: str) -> Iterator[Line]:
    first = text.split("\n", 1)[0]
    sign = max(",;\t", key=first.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=sign), start=1):
            if number > MOST_ROWS:
                return
            yield f"line {number}", cells
    except csv.Error:
        return


_CELL = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[([^\]]{1,300})\]\([^)\s]{1,500}\)")
_RULE = re.compile(r"^[\s|:-]+$")


def _markdown(text: str) -> Iterator[Line]:
    """The cells of every table of a page, without their marks; links keep their words."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number > MOST_ROWS:
            return
        line = line.strip()
        if not line.startswith("|") or len(line) > 5000 or _RULE.match(line):
            continue
        cells = _CELL.split(line.strip("|"))
        yield f"line {number}", [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    words = _LINK.sub(r"\1", cell).replace("\\|", "|")
    return re.sub(r"[`*]", "", words).strip()
