"""Cases from a pasted table or from uploaded files, through the importers; nothing is executed."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Protocol

from evals.cases import LONGEST_NAME
from evals.importers.formats import FORMATS
from evals.importers.parsed import LeftOut, Options, Parsed, UnusableFile
from evals.importers.plain_csv import NOTHING, QUESTIONS
from registry import border

LARGEST = 4 * 1024 * 1024
"""Bytes of all uploaded files: read within a request; `import_suite` takes more."""

MOST_FILES = 50
HEADER = ("question", "expected", "tags")
"""What the columns of a pasted table without a header mean, in their order."""

PASTED = "pasted table"

LABELS = {
    "csv": "CSV of questions", "promptfoo": "promptfoo (YAML, CSV)",
    "openai-evals": "OpenAI evals (JSONL, YAML)", "inspect": "Inspect (JSONL, CSV)",
    "garak": "List of attacks (JSON, JSONL)",
}  # fmt: skip
"""The formats in words."""


class Upload(Protocol):
    """A file that a browser sent."""

    @property
    def name(self) -> str | None:
        """What the browser calls it."""

    @property
    def size(self) -> int | None:
        """In bytes."""

    def read(self) -> bytes:
        """All of it."""


@dataclass(frozen=True)
class TakenIn:
    """What came of it: cases as `shaped_case` takes them, and everything that did not come in."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changed: list[LeftOut] = field(default_factory=list)
    notes: list[LeftOut] = field(default_factory=list)


def from_table(text: str) -> TakenIn:
    """Rows pasted from a spreadsheet or a CSV. Raises UnusableFile in words."""
    clean = _checked(text)
    if not clean.strip():
        raise UnusableFile("Nothing was pasted.")
    with tempfile.TemporaryDirectory() as folder:
        table, bare = _table(clean)
        path = Path(folder, "pasted.csv")
        path.write_text(table, encoding="utf-8", newline="")
        return _taken(FORMATS["csv"](path, Options()), PASTED, lines_before=int(bare))


def from_files(files: Sequence[Upload], form: str, *, judge: str = "") -> TakenIn:
    """Uploaded files of one format; several belong together. Raises UnusableFile in words."""
    if form not in FORMATS:
        raise UnusableFile("Choose what kind of file it is.")
    if not files:
        raise UnusableFile("Choose a file.")
    if len(files) > MOST_FILES or sum(one.size or 0 for one in files) > LARGEST:
        raise UnusableFile(
            f"At most {MOST_FILES} files of {LARGEST // 1024 // 1024} MB all together. An operator "
            "can bring in more at the shell, with import_suite."
        )
    with tempfile.TemporaryDirectory() as folder:
        paths = [_written(Path(folder), one) for one in files]
        place = paths[0] if len(paths) == 1 else Path(folder)
        found = FORMATS[form](place, Options(judge=judge))
        if not found:
            raise UnusableFile(f"No file here could be {LABELS.get(form, form)}.")
        return _taken(found, "file")


def with_free_keys(
    cases: Iterable[Mapping[str, Any]], taken: Iterable[str]
) -> list[dict[str, Any]]:
    """The cases, renamed where a name is taken: `refund`, `refund-2` …"""
    names, found = set(taken), []
    for place, case in enumerate(cases, 1):
        key = stem = str(case.get("key") or f"case-{place}")[: LONGEST_NAME - 8]
        turn = 1
        while key in names:
            turn += 1
            key = f"{stem}-{turn}"
        names.add(key)
        found.append({**case, "key": key})
    return found


def _checked(text: str) -> str:
    try:
        return border.from_form(text)
    except border.UnusableText as problem:
        raise UnusableFile(str(problem)) from None


def _table(text: str) -> tuple[str, bool]:
    """The table as a CSV whose first line names its columns, and whether it had no such line.

    What a spreadsheet copies has tabs. A row that expects nothing yet says so: it comes into a
    draft, where somebody finishes it.
    """
    first, _, _ = text.lstrip("\n").partition("\n")
    sign = next((one for one in "\t;," if one in first), ",")
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign) if any(row)
        ]
    except csv.Error as problem:
        raise UnusableFile(f"This is no table: {problem}.") from None
    names = [name.strip().casefold() for name in rows[0]] if rows else []
    bare = not {*names} & {*QUESTIONS, "messages"}
    columns = [*HEADER] if bare else rows[0]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*columns, "scorer"] if "scorer" not in names else columns)
    for row in rows if bare else rows[1:]:
        cells = (row + [""] * len(columns))[: len(columns)]
        writer.writerow(cells if "scorer" in names else [*cells, _scorer(columns, cells)])
    return written.getvalue(), bare


def _scorer(columns: Sequence[str], cells: Sequence[str]) -> str:
    expected = re.compile(r"(?:expected|scorer)\d{0,3}")
    said = zip(columns, cells, strict=True)
    expects = any(cell.strip() and expected.fullmatch(name.strip()) for name, cell in said)
    return "" if expects else NOTHING


def _written(folder: Path, one: Upload) -> Path:
    """A file under its own last name, in a folder of its own making."""
    name = PurePath((one.name or "").replace("\\", "/")).name.replace("\x00", "")[-100:]
    path = folder / (name if name.strip(". ") else "file.txt")
    if path.exists():
        raise UnusableFile(f"Two of the files are called {path.name}. Rename one of them.")
    path.write_bytes(one.read())
    return path


def _taken(found: Sequence[Parsed], kind: str, lines_before: int = 0) -> TakenIn:
    """All of it together. `lines_before`: lines that were put above what somebody pasted."""
    taken = TakenIn()
    for parsed in found:
        for case in parsed.cases:
            told = {} if kind == PASTED else case.get("source")
            taken.cases.append({**case, "source": told or {"kind": kind}})
        taken.left_out.extend(_at_its_line(one, lines_before) for one in parsed.left_out)
        taken.changed.extend(parsed.changed)
        taken.notes.extend(parsed.notes)
    return taken


def _at_its_line(left: LeftOut, lines_before: int) -> LeftOut:
    found = re.fullmatch(r"line (\d{1,9})", left.place)
    return LeftOut(f"line {int(found[1]) - lines_before}", left.reason) if found else left
