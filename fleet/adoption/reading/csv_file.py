"""Prompts in a table: a row each."""

from __future__ import annotations

import csv
import io

from fleet.adoption.reading.found import NAME_KEYS, TEXT_KEYS, Found, first_key
from fleet.adoption.reading.limits import MAX_FILE_BYTES
from registry.border import UnusableText

_DELIMITERS = ",;\t"


def read_csv(text: str, name: str) -> list[Found]:
    """A row a prompt; line ends within a quoted cell stay as they are.

    The column `tenant`, `slug` or `name` names it, `system`, `prompt`, `text` or `content`
    holds it. UnusableText where the table itself cannot be read.
    """
    # One long prompt is one cell; Python's own limit is 131,072 characters.
    csv.field_size_limit(MAX_FILE_BYTES)
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = list(rows.fieldnames or [])
        of_name, of_text = first_key(NAME_KEYS, columns), first_key(TEXT_KEYS, columns)
        if of_name is None or of_text is None:
            raise UnusableText(
                f"{name} needs a column tenant, slug or name, and a column text or prompt."
            )
        return [_found(row, of_name, of_text, f"line {rows.line_num}") for row in rows]
    except csv.Error as error:
        raise UnusableText(f"{name} line {rows.line_num} is no CSV: {error}.") from None


def _found(row: dict[str, str | None], of_name: str, of_text: str, place: str) -> Found:
    name, text = (row[of_name] or "").strip(), row[of_text] or ""
    if not name:
        return Found(why="the row names no tenant", place=place)
    return Found(name, text, place=place)
