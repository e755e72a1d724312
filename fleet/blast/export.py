"""A dry run's rows as a table for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from fleet.blast.models import BlastRow
from fleet.blast.table import full, what_happens

HEADINGS = (
    "tenant", "name", "prompt", "locale", "lane", "segment", "annual revenue (EUR)",
    "what happens", "newly blocked", "newly to look at", "findings that go", "redundant slots",
    "would not compose",
)  # fmt: skip


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: QuerySet[BlastRow]) -> Iterator[str]:
    """Heading and rows, one CSV line at a time."""
    writer = csv.writer(_Line())
    yield writer.writerow(HEADINGS)
    for row in full(rows).iterator(chunk_size=1000):
        yield writer.writerow([_harmless(cell) for cell in _cells(row)])


def _cells(row: BlastRow) -> Iterable[Any]:
    variant, tenant = row.variant, row.variant.tenant
    return (
        tenant.slug if tenant else "", variant.tenant_name, variant.prompt.slug, variant.locale,
        variant.lane, tenant.segment if tenant else "", tenant.annual_revenue if tenant else "",
        ", ".join(what_happens(row)), _said(row.breaks), _said(row.warns), _said(row.heals),
        ", ".join(slot["label"] for slot in row.redundant), row.problem,
    )  # fmt: skip


def _said(findings: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{one['rule']}: {one['message']}" + (f" “{one['quote']}”" if one["quote"] else "")
        for one in findings
    )


def _harmless(cell: Any) -> Any:
    """A spreadsheet would run a tenant's text that begins like a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell
