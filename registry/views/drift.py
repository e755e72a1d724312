"""How far has each variant drifted from its base?"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from registry.request import Request
from registry.views.drift_rows import Row
from registry.views.drift_table import drift_table

HEADINGS = (
    "tenant", "name", "segment", "locale", "lane", "words changed (share)", "slots used",
    "characters added", "overlay written", "base", "base versions behind", "revision",
    "revision id",
)  # fmt: skip


def drift(request: Request) -> HttpResponse:
    """How far has each drifted?"""
    return render(request, "registry/drift.html", {"table": drift_table(request.user, request.GET)})


def drift_export(request: Request) -> StreamingHttpResponse:
    """The same rows, all of them, for a spreadsheet."""
    table = drift_table(request.user, request.GET)
    if table is None:
        raise Http404("There is no variant to write down.")
    rows = table.every_row(request.user)
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="drift-{table.prompt.slug}.csv"'
    return answer


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(HEADINGS)
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in _cells(row)])


def _cells(row: Row) -> tuple[object, ...]:
    written = row.written.date().isoformat() if row.written else ""
    return (
        row.slug, row.tenant, row.segment, row.locale, row.lane, f"{row.drift.share:.4f}",
        row.drift.slots, row.drift.characters, written, row.semver, row.behind, row.number,
        row.revision_id,
    )  # fmt: skip


def _harmless(cell: object) -> object:
    """A spreadsheet would run a name that begins like a formula."""
    begins = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if begins else cell
