"""The drift page: its variants in the order and with the filters the address asks for."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404

from registry.models import Prompt, User, Variant
from registry.views.drift_rows import Row, rows_of

PAGE_ROWS = 100

FAR = 0.25
"""From a quarter of its words on, a variant counts as far from its base."""

SORTS = {
    "tenant": lambda row: (row.tenant.casefold(), row.locale, row.lane),
    "segment": lambda row: row.segment,
    "locale": lambda row: (row.locale, row.lane),
    "share": lambda row: row.drift.share,
    "slots": lambda row: row.drift.slots,
    "characters": lambda row: row.drift.characters,
    "age": lambda row: -(row.written_at or 0),
    "behind": lambda row: row.behind,
}
"""Column key of the address -> what it sorts by. Nothing else is taken from the address."""


@dataclass(frozen=True)
class Filter:
    """One select of the filter bar."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class DriftTable:
    """A prompt's variants, one page of them shown.

    `median`, `widest` (the largest share), `far` and `behind` are of all, whatever the filters.
    """

    prompt: Prompt
    prompts: list[Prompt]
    rows: list[Row]
    page: Page[Row]
    variants: dict[int, Variant]
    filters: list[Filter]
    q: str
    sort: str
    count: str
    median: float
    widest: float
    far: int
    behind: int

    @property
    def lines(self) -> list[tuple[Row, Variant]]:
        """The page's rows with their variants."""
        return [(row, self.variants[row.variant_id]) for row in self.page]

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What the filter form carries along."""
        return [("prompt", self.prompt.slug), ("sort", self.sort)]


def drift_table(user: User, asked: Mapping[str, str]) -> DriftTable | None:
    """The page the address asks for; None where the person sees no variant at all."""
    prompts = list(_prompts(user))
    if not prompts:
        return None
    prompt = _chosen(prompts, asked.get("prompt", ""))
    everyone = rows_of(user, prompt)
    filters = _filters(everyone, asked)
    q = asked.get("q", "").strip()
    shown = [row for row in everyone if _wanted(row, filters, q.casefold())]
    sort = asked.get("sort", "")
    sort = sort if sort.lstrip("-") in SORTS and sort.count("-") < 2 else "-share"
    in_order(shown, sort)
    page = Paginator(shown, PAGE_ROWS).get_page(asked.get("page"))
    shares = [row.drift.share for row in everyone]
    return DriftTable(
        prompt, prompts, shown, page, _variants(page), filters, q, sort,
        f"{len(shown)} of {len(everyone)}", statistics.median(shares) if shares else 0.0,
        max(shares, default=0.0) or 1.0,
        sum(share >= FAR for share in shares), sum(row.behind > 0 for row in everyone),
    )  # fmt: skip


def in_order(rows: list[Row], sort: str) -> None:
    """Sort by a column, ties by customer."""
    rows.sort(key=SORTS["tenant"])
    rows.sort(key=SORTS[sort.lstrip("-")], reverse=sort.startswith("-"))


def _prompts(user: User) -> QuerySet[Prompt]:
    """Prompts the person sees variants of, with their `size`; the largest first."""
    mine = Variant.objects.visible_to(user).filter(tenant__isnull=False)
    size = Count("variants", filter=Q(variants__in=mine))
    return Prompt.objects.annotate(size=size).filter(size__gt=0).order_by("-size", "slug")


def _chosen(prompts: list[Prompt], slug: str) -> Prompt:
    found = next((prompt for prompt in prompts if prompt.slug == slug), None)
    if slug and found is None:
        raise Http404("You see no variant of a prompt of this name.")
    return found or prompts[0]


def _filters(rows: list[Row], asked: Mapping[str, str]) -> list[Filter]:
    def one(name: str, label: str, options: list[tuple[str, str]]) -> Filter:
        value = asked.get(name, "")
        return Filter(name, label, value if value in dict(options) else "", options)

    def met(attribute: str) -> list[tuple[str, str]]:
        return [(value, value) for value in sorted({getattr(row, attribute) for row in rows})]

    columns = [("segment", "Segment"), ("locale", "Locale"), ("lane", "Lane")]
    kinds = [one(name, label, met(name)) for name, label in columns]
    return [
        *(kind for kind in kinds if len(kind.options) > 1),
        one("behind", "Base", [("no", "At its newest version"), ("yes", "Behind")]),
        one("far", "Drift", [("yes", "A quarter or more"), ("no", "Less"), ("none", "None")]),
    ]


def _wanted(row: Row, filters: list[Filter], q: str) -> bool:
    if q and q not in row.tenant.casefold() and q not in row.slug:
        return False
    share = row.drift.share
    far = "yes" if share >= FAR else "none" if share == 0 else "no"
    known = {"behind": "yes" if row.behind else "no", "far": far}
    return all(
        not one.value or one.value == known.get(one.name, getattr(row, one.name, None))
        for one in filters
    )


def _variants(page: Page[Row]) -> dict[int, Variant]:
    chosen = Variant.objects.filter(pk__in=[row.variant_id for row in page])
    return {variant.pk: variant for variant in chosen.select_related("tenant", "prompt")}
