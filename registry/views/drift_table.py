"""The drift page: its variants in the order and with the filters the address asks for."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.safestring import SafeString

from registry.fragments import fragment
from registry.kept import Kept
from registry.models import Prompt, User
from registry.templatetags.fleet_ui import time_ago
from registry.views.drift_order import SORTS, Group, Ordered, groups_of
from registry.views.drift_rows import Row, rows_of

PAGE_ROWS = 100

FAR = 0.25
"""From a quarter of its words on, a variant counts as far from its base."""


@dataclass(frozen=True)
class Filter:
    """One select of the filter bar."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class DriftTable:
    """A prompt's variants, one page of them shown: `rows`.

    `median`, `widest` (the largest share), `far` and `behind` are of all, whatever the filters.
    """

    prompt: Prompt
    prompts: list[Prompt]
    rows: list[Row]
    order: Ordered
    page: Page[int]
    filters: list[Filter]
    q: str
    sort: str
    count: str
    median: float
    widest: float
    far: int
    behind: int

    @property
    def lines(self) -> list[SafeString]:
        """The rows as a page shows them."""
        return [_html(Cells(row, time_ago(row.written, "no overlay"), self.widest))
                for row in self.rows]  # fmt: skip

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What the filter form carries along."""
        return [("prompt", self.prompt.slug), ("sort", self.sort)]

    def every_row(self, user: User) -> list[Row]:
        """Those of all pages."""
        return _in_order(rows_of(user, self.prompt), self.order[:])


class Cells(NamedTuple):
    """What a line of the table shows; `widest` is the largest share of all, 0 to 1."""

    row: Row
    written: SafeString
    widest: float


@dataclass(frozen=True)
class Seen:
    """What one reach sees: prompts, and the variants of those that were asked for, grouped."""

    prompts: list[Prompt]
    groups: dict[int, list[Group]] = field(default_factory=dict)

    def everyone(self, user: User, prompt: Prompt) -> list[Group]:
        """The prompt's variants; `user` is of this reach."""
        if prompt.pk not in self.groups:
            self.groups[prompt.pk] = groups_of(user, prompt)
        return self.groups[prompt.pk]


_kept: Kept[Seen] = Kept(at_most=16)
"""By reach: whoever sees everything shares one. 10,000 variants are 2 MB."""

_html = fragment("registry/_drift_row.html")


def drift_table(user: User, asked: Mapping[str, str]) -> DriftTable | None:
    """The page the address asks for; None where the person sees no variant at all."""
    reach = user.pk if user.sees_own_tenants_only else 0
    seen = _kept.get(reach, lambda: Seen(list(_prompts(user))))
    if not seen.prompts:
        return None
    prompt = _chosen(seen.prompts, asked.get("prompt", ""))
    everyone = seen.everyone(user, prompt)
    filters = _filters(everyone, asked)
    q = asked.get("q", "").strip()
    sort = asked.get("sort", "")
    sort = sort if sort.lstrip("-") in SORTS and sort.count("-") < 2 else "-share"
    order = Ordered(_wanted(everyone, filters, q.casefold()), sort)
    page = Paginator(order, PAGE_ROWS).get_page(asked.get("page"))
    keys = list(page.object_list)
    shares = [share for group in everyone for share in [group.drift.share] * len(group.members)]
    far = sum(len(group.members) for group in everyone if group.drift.share >= FAR)
    return DriftTable(
        prompt, seen.prompts, _in_order(rows_of(user, prompt, keys), keys), order, page, filters,
        q, sort, f"{len(order)} of {len(shares)}", statistics.median(shares) if shares else 0.0,
        max(shares, default=0.0) or 1.0, far,
        sum(len(group.members) for group in everyone if group.behind),
    )  # fmt: skip


def _in_order(rows: list[Row], keys: list[int]) -> list[Row]:
    """The rows in the order of these variants, as far as they are still live."""
    found = {row.variant_id: row for row in rows}
    return [found[key] for key in keys if key in found]


def _prompts(user: User) -> QuerySet[Prompt]:
    """Prompts the person sees variants of, with their `size`; the largest first."""
    mine = Q(variants__tenant__isnull=False)
    if user.sees_own_tenants_only:
        mine &= Q(variants__tenant_id__in=user.own_tenant_ids)
    size = Count("variants", filter=mine)
    return Prompt.objects.annotate(size=size).filter(size__gt=0).order_by("-size", "slug")


def _chosen(prompts: list[Prompt], slug: str) -> Prompt:
    found = next((prompt for prompt in prompts if prompt.slug == slug), None)
    if slug and found is None:
        raise Http404("You see no variant of a prompt of this name.")
    return found or prompts[0]


def _filters(groups: list[Group], asked: Mapping[str, str]) -> list[Filter]:
    def one(name: str, label: str, options: list[tuple[str, str]]) -> Filter:
        value = asked.get(name, "")
        return Filter(name, label, value if value in dict(options) else "", options)

    places = {(member.locale, member.lane) for group in groups for member in group.members}
    met = [
        ("segment", "Segment", {group.segment for group in groups}),
        ("locale", "Locale", {locale for locale, _ in places}),
        ("lane", "Lane", {lane for _, lane in places}),
    ]
    kinds = [one(name, label, [(one, one) for one in sorted(some)]) for name, label, some in met]
    return [
        *(kind for kind in kinds if len(kind.options) > 1),
        one("behind", "Base", [("no", "At its newest version"), ("yes", "Behind")]),
        one("far", "Drift", [("yes", "A quarter or more"), ("no", "Less"), ("none", "None")]),
    ]


def _wanted(groups: list[Group], filters: list[Filter], q: str) -> list[Group]:
    """Of each group those that the filters and the search leave."""
    asked = {one.name: one.value for one in filters if one.value}
    places = {name: asked.pop(name) for name in ("locale", "lane") if name in asked}
    found = [group for group in groups if _matches(group, asked, q)]
    if not places:
        return found
    return [
        group._replace(members=[
            member for member in group.members
            if all(getattr(member, name) == value for name, value in places.items())
        ])
        for group in found
    ]  # fmt: skip


def _matches(group: Group, asked: Mapping[str, str], q: str) -> bool:
    if q and q not in group.tenant.casefold() and q not in group.slug:
        return False
    share = group.drift.share
    known = {
        "segment": group.segment,
        "behind": "yes" if group.behind else "no",
        "far": "yes" if share >= FAR else "none" if share == 0 else "no",
    }
    return all(known[name] == value for name, value in asked.items())
