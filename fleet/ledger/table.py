"""The ledger's table: which forks, in which order, with which filters. All from the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator

from fleet.ledger.books import lines_of, with_drift
from fleet.ledger.lines import Line, Totals, totals
from fleet.ledger.period import PERIODS, Period, period_of
from registry.models import User

PAGE_ROWS = 100
NOBODY = "none"
"""The filter value for customers without an owner."""

_LATEST = 2**62
"""Sorts behind every moment: what has no revision yet is the youngest."""

SORTS: dict[str, Callable[[Line], Any]] = {
    "customer": lambda line: (line.customer.casefold(), line.prompt, line.locale, line.lane),
    "prompt": lambda line: line.prompt,
    "segment": lambda line: line.segment,
    "owner": lambda line: line.owner.casefold(),
    "revenue": lambda line: line.revenue,
    # Without a rate the currencies do not compare: by hours then, and among equals by calls.
    "cost": lambda line: (line.together or line.euros, line.spent.usd),
    "usd": lambda line: line.spent.usd,
    "hours": lambda line: line.hours,
    "days": lambda line: line.waited.days,
    "incidents": lambda line: line.incidents.total,
    "drift": lambda line: line.drift.share if line.drift else -1.0,
    "age": lambda line: -(line.began_at or _LATEST),
    "changed": lambda line: line.changed_at or 0,
}
"""Column key of the address -> what it sorts by. Nothing else is taken from the address."""

MISSING = (
    ("owner", "No owner"),
    ("slice", "No suite of its own"),
    ("any", "Anything missing"),
    ("hours", "No hours noted"),
    ("runs", "Never measured"),
)


@dataclass(frozen=True)
class Filter:
    """One select of the filter bar."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class LedgerTable:
    """One page of forks; `totals` are of all that the filters leave."""

    period: Period
    lines: list[Line]
    page: Page[Line]
    totals: Totals
    filters: list[Filter]
    q: str
    sort: str
    count: str

    @property
    def periods(self) -> tuple[Period, ...]:
        """What may be chosen."""
        return PERIODS

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What the filter form carries along."""
        return [("sort", self.sort), ("period", self.period.key)]


def ledger_table(user: User, asked: Mapping[str, str]) -> LedgerTable:
    """The table as the address asks for it; what it cannot mean is ignored."""
    period = period_of(asked.get("period", ""))
    everyone = lines_of(user, period)
    filters = _filters(everyone, asked)
    q = asked.get("q", "").strip()
    shown = [line for line in everyone if _wanted(line, filters, q.casefold())]
    sort = asked.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "-cost"
    if sort.removeprefix("-") == "drift":
        shown = with_drift(shown, user)
    in_order(shown, sort)
    page = Paginator(shown, PAGE_ROWS).get_page(asked.get("page"))
    page.object_list = with_drift(list(page.object_list), user)
    return LedgerTable(
        period, shown, page, totals(shown), filters, q, sort, f"{len(shown)} of {len(everyone)}"
    )


def in_order(lines: list[Line], sort: str) -> None:
    """Sort by a column, ties by customer."""
    lines.sort(key=SORTS["customer"])
    lines.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))


def _filters(lines: list[Line], asked: Mapping[str, str]) -> list[Filter]:
    def one(name: str, label: str, options: list[tuple[str, str]]) -> Filter:
        value = asked.get(name, "")
        return Filter(name, label, value if value in dict(options) else "", options)

    def met(attribute: str) -> list[tuple[str, str]]:
        return [(value, value) for value in sorted({getattr(line, attribute) for line in lines})]

    people = {(owner.username, owner.name) for line in lines for owner in line.owners}
    owners = [*sorted(people, key=lambda row: row[1].casefold()), (NOBODY, "No owner")]
    columns = [("prompt", "Prompt"), ("segment", "Segment"), ("locale", "Locale"), ("lane", "Lane")]
    kinds = [one(name, label, met(name)) for name, label in columns]
    return [
        *(kind for kind in kinds if len(kind.options) > 1),
        one("owner", "Owner", owners),
        one("missing", "Missing", list(MISSING)),
        one("incidents", "Incidents", [("yes", "Some"), ("no", "None")]),
    ]


def _wanted(line: Line, filters: list[Filter], q: str) -> bool:
    if q and q not in line.customer.casefold() and q not in line.slug:
        return False
    return all(not one.value or _fits(line, one.name, one.value) for one in filters)


def _fits(line: Line, name: str, value: str) -> bool:
    if name == "owner":
        return (
            not line.owners if value == NOBODY else value in {one.username for one in line.owners}
        )
    if name == "incidents":
        return bool(line.incidents.total) == (value == "yes")
    if name == "missing":
        return _misses(line)[value]
    return bool(getattr(line, name) == value)


def _misses(line: Line) -> dict[str, bool]:
    found = {"owner": not line.owners, "slice": not line.has_slice}
    more = {"hours": line.hours == Decimal(0), "runs": not line.spent.runs}
    return found | more | {"any": any(found.values())}
