"""The rows of a bulk act as a page shows them: within reach, counted, filtered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone

from fleet import spreadsheet
from fleet.bulk.models import BulkAct, BulkRow, BulkStage, RowState
from registry.models import User
from registry.reach import within_reach

PAGE_ROWS = 100

REASONS = 8
"""Reasons that are told with their number; the rows tell them all."""

RECENT = dt.timedelta(seconds=15)
"""The rate is that of the last seconds: it follows slow rows at once."""

HEADINGS = ("tenant", "name", "prompt", "locale", "lane", "goal", "state", "said", "at")


@dataclass(frozen=True)
class Progress:
    """How many rows are through, `per_second` over the last seconds."""

    total: int
    done: int
    left: int
    per_second: float
    running: bool

    @property
    def waiting(self) -> int:
        """Rows that nobody has come to yet."""
        return self.total - self.through

    @property
    def through(self) -> int:
        """Rows that were done or left."""
        return self.done + self.left

    @property
    def over(self) -> bool:
        """Whether nothing more comes; read aloud once."""
        return not self.running

    @property
    def rate(self) -> str:
        """The rate in words, empty while nothing moves."""
        if not self.running or self.per_second <= 0:
            return ""
        shown = f"{self.per_second:.0f}" if self.per_second >= 10 else f"{self.per_second:.1f}"
        return f"{shown} a second"

    @property
    def time_left(self) -> str:
        """The time left in words, empty where it cannot be told."""
        if not self.running or self.per_second <= 0:
            return ""
        seconds = self.waiting / self.per_second
        return (
            f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
        )


def acts_of(user: User) -> QuerySet[BulkAct]:
    """Bulk acts of which this person may see a row, newest first, with counts of those rows."""
    mine = BulkRow.objects.filter(within_reach(user), act=OuterRef("pk"))
    return BulkAct.objects.filter(Exists(mine)).select_related("by").order_by("-at")


def rows_of(act: BulkAct, user: User) -> QuerySet[BulkRow]:
    """The rows of the variants this person may see."""
    return act.rows.filter(within_reach(user))


def progress_of(act: BulkAct, rows: QuerySet[BulkRow]) -> Progress:
    """One query: how far it is, and how fast it goes now."""
    since = max(timezone.now() - RECENT, act.at)
    found = rows.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=RowState.DONE)),
        left=Count("pk", filter=Q(state=RowState.LEFT)),
        recent=Count("pk", filter=Q(at__gte=since)),
    )
    seconds = max((timezone.now() - since).total_seconds(), 1.0)
    running = act.stage == BulkStage.RUNNING
    return Progress(
        found["total"], found["done"], found["left"], found["recent"] / seconds, running
    )


def reasons(rows: QuerySet[BulkRow]) -> list[dict[str, Any]]:
    """Why rows were left, with their number, the commonest first."""
    left = rows.filter(state=RowState.LEFT).order_by().values("said")
    counted = left.annotate(count=Count("pk")).order_by("-count", "said")[:REASONS]
    return [{"said": row["said"], "count": row["count"]} for row in counted]


def filtered(rows: QuerySet[BulkRow], request: HttpRequest) -> QuerySet[BulkRow]:
    """The rows that the address asks for; what was left first, then as they were frozen."""
    show, text = (request.GET.get(name, "").strip() for name in ("show", "q"))
    if show in RowState.values:
        rows = rows.filter(state=show)
    if text:
        named = Q(variant__tenant__name__icontains=text) | Q(variant__prompt__slug__icontains=text)
        rows = rows.filter(named | Q(said__icontains=text))
    trouble = Case(When(state=RowState.LEFT, then=Value(0)), default=Value(1))
    return (
        rows.order_by(trouble, "pk")
        .select_related("variant__tenant", "variant__prompt", "goal")
        .defer("goal__text", "goal__segments")
    )


def as_csv(rows: QuerySet[BulkRow]) -> Iterator[str]:
    """The rows for a spreadsheet."""
    return spreadsheet.lines(HEADINGS, map(_cells, rows.iterator(chunk_size=1000)))


def _cells(row: BulkRow) -> Iterable[Any]:
    variant = row.variant
    return (
        variant.tenant.slug if variant.tenant else "", variant.tenant_name, variant.prompt.slug,
        variant.locale, variant.lane, row.goal.number if row.goal else "",
        row.get_state_display(), row.said, row.at.isoformat() if row.at else "",
    )  # fmt: skip
