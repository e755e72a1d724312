"""The fleet table: which variants, in which order, with which filters. All of it from the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from evals.models import VerdictKind
from fleet.overview.columns import STATES, with_columns
from fleet.overview.revenue import Revenue
from fleet.overview.targets import SOON_DAYS
from registry.models import ModelTarget, Prompt, Tenant, User, Variant

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


@dataclass(frozen=True)
class Filter:
    """One select of the filter bar."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One variant with its columns (`with_columns`) and its share of all revenue, 0 to 1."""

    variant: Any
    share: float | None

    @property
    def days(self) -> int | None:
        """Days until its model is retired; None when that is unknown."""
        ends = self.variant.retires_on
        return (ends - timezone.localdate()).days if ends else None

    @property
    def is_urgent(self) -> bool:
        """Whether its model's end is near enough to act on now."""
        return self.days is not None and self.days < SOON_DAYS

    @property
    def state_label(self) -> str:
        """The state in words."""
        return STATES.get(self.variant.state, "")


@dataclass(frozen=True)
class FleetTable:
    """One page of the table, and what its head and filter bar need."""

    rows: list[Row]
    page: Page[Variant]
    filters: list[Filter]
    q: str
    sort: str
    count: str


def fleet_table(
    user: User, prompt: Prompt, asked: Mapping[str, str], revenue: Revenue
) -> FleetTable:
    """The table for one prompt as the address asks for it; what it cannot mean is ignored."""
    mine = Variant.objects.visible_to(user).filter(prompt=prompt, tenant__isnull=False)
    filters = _filters(mine, asked)
    sort = asked.get("sort", "") if asked.get("sort", "").lstrip("-") in SORTS else "-revenue"
    rows = with_columns(mine).filter(_search(asked.get("q", "")), *map(_condition, filters))
    page = Paginator(rows.order_by(*_order(sort)), PAGE_ROWS).get_page(asked.get("page"))
    shown = [
        Row(variant, revenue.share(variant.tenant.annual_revenue))
        for variant in page
        if variant.tenant
    ]
    count = f"{page.paginator.count} of {mine.count()}"
    return FleetTable(shown, page, filters, asked.get("q", ""), sort, count)


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


def _filters(mine: QuerySet[Variant], asked: Mapping[str, str]) -> list[Filter]:
    tenants = Tenant.objects.filter(variants__in=mine).order_by()
    owners = User.objects.filter(tenants__in=tenants, is_active=True).distinct()
    people = [(owner.username, owner.display_name) for owner in owners]
    models = ModelTarget.objects.filter(
        revisions__releases__variant__in=mine, revisions__releases__stage="live"
    ).distinct()
    segments = tenants.order_by("segment").values_list("segment", flat=True).distinct()
    locales = mine.order_by("locale").values_list("locale", flat=True).distinct()
    return [
        _filter(asked, "segment", "Segment", [(name, name) for name in segments]),
        _filter(
            asked, "owner", "Owner",
            [*sorted(people, key=lambda row: row[1].lower()), (NOBODY, "No owner")],
        ),
        _filter(asked, "model", "Model", [(m.snapshot, m.snapshot) for m in models]),
        _filter(asked, "verdict", "Verdict", [*VerdictKind.choices, (NOBODY, "None yet")]),
        _filter(asked, "locale", "Locale", [(name, name) for name in locales]),
    ]  # fmt: skip


def _filter(
    asked: Mapping[str, str], name: str, label: str, options: list[tuple[str, str]]
) -> Filter:
    value = asked.get(name, "")
    return Filter(name, label, value if value in dict(options) else "", options)
