"""Rows as a CSV file for a spreadsheet, one line at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(headings: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Heading and rows, one CSV line at a time."""
    writer = csv.writer(_Line())
    yield writer.writerow(headings)
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def download(name: str, found: Iterator[str]) -> StreamingHttpResponse:
    """The lines as a file that the browser saves as `name`."""
    answer = StreamingHttpResponse(found, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def harmless(cell: Any) -> Any:
    """A spreadsheet would run a tenant's text that begins like a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell
