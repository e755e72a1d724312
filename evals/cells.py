"""Cells of a CSV file that no spreadsheet takes for a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def guarded(text: str) -> str:
    """A cell that is read as text everywhere; `unguarded` gives the text back exactly."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` wrote."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell


def line(cells: Iterable[Any]) -> str:
    """One line of a CSV file, with its end; texts are guarded, numbers stay numbers."""
    out = io.StringIO()
    csv.writer(out).writerow([guarded(c) if isinstance(c, str) else c for c in cells])
    return out.getvalue()
