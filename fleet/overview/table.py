"""The fleet table: which variants, in which order, with which filters. All of it from the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q

from evals.models import VerdictKind
from fleet.overview.columns import with_columns
from fleet.overview.figures import Figures, Options
from fleet.overview.rows import Row, rows_of
from registry.models import Prompt, User, Variant

PAGE_ROWS = 100
NOBODY = "none"
"""The filter value for orphaned tenants and for variants without a verdict."""

SORTS = {
    "tenant": "tenant__name",
    "segment": "tenant__segment",
    "locale": "locale",
    "revenue": "tenant__annual_revenue",
    "owner": "owner",
    "revision": "live_number",
    "model": "model",
    "days": "retires_on",
    "verdict": "verdict",
    "state": "state",
}
"""Column key of the URL -> what it sorts by. Nothing else is taken from the URL."""

PLAIN = {"tenant", "segment", "locale", "revenue"}
"""Sorts and filters that a variant and its tenant answer alone: 10,000 rows stay cheap."""


@dataclass(frozen=True)
class Filter:
    """One select of the filter bar."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class FleetTable:
    """One page of the table, and what its head and filter bar need."""

    rows: list[Row]
    page: Page[int]
    filters: list[Filter]
    q: str
    sort: str
    count: str


class Counted(Paginator):
    """Pages of something whose number is known already."""

    def __init__(self, found: Any, per_page: int, count: int) -> None:
        super().__init__(found, per_page)
        self.count = count


def fleet_table(
    user: User, prompt: Prompt, asked: Mapping[str, str], figures: Figures
) -> FleetTable:
    """The table for one prompt as the address asks for it; what it cannot mean is ignored.

    Two steps: which rows, by what they are filtered and sorted by alone; then all columns of
    those on the page.
    """
    mine = Variant.objects.visible_to(user).filter(prompt=prompt, tenant__isnull=False)
    filters = _filters(figures.options[prompt.pk], asked)
    sort = asked.get("sort", "") if asked.get("sort", "").lstrip("-") in SORTS else "-revenue"
    search, conditions = _search(asked.get("q", "")), [_condition(one) for one in filters]
    deep = sort.lstrip("-") not in PLAIN or any(
        one.value and one.name not in PLAIN for one in filters
    )
    rows = (with_columns(mine) if deep else mine).filter(search, *conditions)
    whole = figures.sizes.get(prompt.pk, 0)
    narrowed = bool(search or any(conditions))
    count = rows.count() if narrowed else whole
    keys: Any = rows.order_by(*_order(sort)).values_list("pk", flat=True)
    if not narrowed and not deep:
        keys = figures.kept_order((prompt.pk, sort), keys)
    page = Counted(keys, PAGE_ROWS, count).get_page(asked.get("page"))
    shown = rows_of(user, list(page), figures.revenue)
    return FleetTable(shown, page, filters, asked.get("q", ""), sort, f"{count} of {whole}")


def _search(q: str) -> Q:
    q = q.strip()
    return Q(tenant__name__icontains=q) | Q(tenant__slug__icontains=q) if q else Q()


def _order(sort: str) -> list[Any]:
    column = F(SORTS[sort.lstrip("-")])
    first = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return [first, "tenant__name", "locale", "lane", "pk"]


def _condition(chosen: Filter) -> Q:
    value = chosen.value
    if not value:
        return Q()
    if chosen.name == "owner":
        return Q(owner__isnull=True) if value == NOBODY else Q(tenant__owners__username=value)
    if chosen.name == "verdict":
        return Q(verdict__isnull=True) if value == NOBODY else Q(verdict=value)
    column = {"segment": "tenant__segment", "locale": "locale", "model": "model"}[chosen.name]
    return Q(**{column: value})


def _filters(options: Options, asked: Mapping[str, str]) -> list[Filter]:
    return [
        _filter(asked, "segment", "Segment", options["segment"]),
        _filter(asked, "owner", "Owner", [*options["owner"], (NOBODY, "No owner")]),
        _filter(asked, "model", "Model", options["model"]),
        _filter(asked, "verdict", "Verdict", [*VerdictKind.choices, (NOBODY, "None yet")]),
        _filter(asked, "locale", "Locale", options["locale"]),
    ]


def _filter(
    asked: Mapping[str, str], name: str, label: str, options: list[tuple[str, str]]
) -> Filter:
    value = asked.get(name, "")
    return Filter(name, label, value if value in dict(options) else "", options)
