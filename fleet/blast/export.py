"""A dry run's rows as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from fleet import spreadsheet
from fleet.blast.models import BlastRow
from fleet.blast.table import full, what_happens

HEADINGS = (
    "tenant", "name", "prompt", "locale", "lane", "segment", "annual revenue (EUR)",
    "what happens", "newly blocked", "newly to look at", "findings that go", "redundant slots",
    "would not compose",
)  # fmt: skip


def lines(rows: QuerySet[BlastRow]) -> Iterator[str]:
    """Heading and rows, one CSV line at a time."""
    return spreadsheet.lines(HEADINGS, map(_cells, full(rows).iterator(chunk_size=1000)))


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
