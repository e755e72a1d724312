"""The rows of a dry run as its page shows them: counted, filtered, sorted, within reach."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.http import HttpRequest

from fleet.blast.models import BlastRadius, BlastRow
from registry.models import User, Variant

PAGE_ROWS = 100

KINDS: dict[str, Q] = {
    "text": Q(changes_text=True),
    "breaks": ~Q(breaks=[]),
    "warns": ~Q(warns=[]),
    "heals": ~Q(heals=[]),
    "redundant": ~Q(redundant=[]),
    "problem": ~Q(problem=""),
}
"""What can happen to a variant (`fleet.blast.tally.KINDS`) as a condition on its row."""

SORTS = {
    "tenant": "variant__tenant__name",
    "segment": "variant__tenant__segment",
    "revenue": "variant__tenant__annual_revenue",
}
"""Column key of the URL -> what it sorts by. Nothing else is taken from the URL."""


@dataclass(frozen=True)
class Tile:
    """One figure: how many variants, whose revenue in EUR a year, each tenant once."""

    kind: str
    variants: int
    revenue: Decimal


def rows_of(radius: BlastRadius, user: User) -> QuerySet[BlastRow]:
    """The rows of the variants this person may see."""
    return radius.rows.filter(variant__in=Variant.objects.visible_to(user))


def tiles(rows: QuerySet[BlastRow]) -> tuple[list[Tile], dict[str, list[int]]]:
    """A figure for each kind, and the variants of each kind by segment; one query."""
    columns = ("variant__tenant__segment", "variant__tenant_id", "variant__tenant__annual_revenue")
    by_tenant = list(
        rows.order_by()
        .values_list(*columns)
        .annotate(**{f"n_{kind}": Count("pk", filter=so) for kind, so in KINDS.items()})
    )
    found: list[Tile] = []
    segments: dict[str, list[int]] = {}
    for place, kind in enumerate(KINDS, len(columns)):
        touched = [row for row in by_tenant if row[place]]
        revenue = sum((row[2] for row in touched if row[2] is not None), Decimal(0))
        found.append(Tile(kind, sum(row[place] for row in touched), revenue))
    for row in by_tenant:
        counts = segments.setdefault(row[0] or "", [0] * len(KINDS))
        for place in range(len(KINDS)):
            counts[place] += row[len(columns) + place]
    return found, dict(sorted(segments.items()))


def filtered(rows: QuerySet[BlastRow], request: HttpRequest) -> QuerySet[BlastRow]:
    """The rows that the address asks for, in its order; trouble first, then revenue."""
    get = request.GET.get
    kind, segment, rule, text = (get(name, "").strip() for name in ("show", "segment", "rule", "q"))
    if kind in KINDS:
        rows = rows.filter(KINDS[kind])
    if segment:
        rows = rows.filter(variant__tenant__segment=segment)
    if rule:
        one = [{"rule": rule}]
        told = Q(breaks__contains=one) | Q(warns__contains=one) | Q(heals__contains=one)
        rows = rows.filter(told)
    if text:
        names = Q(variant__tenant__name__icontains=text) | Q(variant__prompt__slug__icontains=text)
        rows = rows.filter(names)
    return _ordered(rows, get("sort", ""))


def _ordered(rows: QuerySet[BlastRow], sort: str) -> QuerySet[BlastRow]:
    column = SORTS.get(sort.removeprefix("-"))
    revenue = F("variant__tenant__annual_revenue").desc(nulls_last=True)
    if column is None:
        trouble = [
            Case(When(KINDS[kind], then=Value(0)), default=Value(1))
            for kind in ("problem", "breaks", "warns")
        ]
        return rows.order_by(*trouble, revenue, "variant_id")
    key = F(column)
    way = key.desc(nulls_last=True) if sort.startswith("-") else key.asc(nulls_last=True)
    return rows.order_by(way, "variant__tenant__name", "variant_id")


def full(rows: QuerySet[BlastRow]) -> QuerySet[BlastRow]:
    """The rows with what a line of the table names."""
    return rows.select_related("variant__tenant", "variant__prompt")


def what_happens(row: BlastRow) -> list[str]:
    """What happens to a variant, in words, worst first."""
    said = [
        (bool(row.problem), "would not compose"),
        (bool(row.breaks), "newly blocked"),
        (bool(row.warns), "newly to look at"),
        (row.changes_text, "text changes"),
        (bool(row.redundant), "overlay redundant"),
        (bool(row.heals), "heals"),
    ]
    return [words for is_so, words in said if is_so]


def first_word(row: BlastRow) -> dict[str, Any]:
    """The finding that matters most, as message and quote."""
    if row.problem:
        return {"message": row.problem, "quote": ""}
    for findings in (row.breaks, row.warns):
        if findings:
            return {"message": findings[0]["message"], "quote": findings[0]["quote"]}
    if row.redundant:
        return {"message": f"The base now says the same: {row.redundant[0]['label']}.", "quote": ""}
    if row.heals:
        return {"message": f"No longer: {row.heals[0]['message']}", "quote": row.heals[0]["quote"]}
    return {"message": "", "quote": ""}
