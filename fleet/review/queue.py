"""The review queue: which reviews wait for whom, filtered and sorted by the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from fleet.release.models import BreakGlass, BreakGlassStage
from fleet.review.models import Review, ReviewStage
from fleet.review.queue_rows import UNDECIDED, Row, rows_of
from fleet.review.zones import zones_of
from registry.models import Prompt, Tenant, User, Variant

DECIDED_SINCE = dt.timedelta(days=14)
"""How far back “recently decided” reaches; older ones are found by the state filter."""

MOST = 200
"""Rows shown at most: those that are not settled first, then the newest."""

_HEAVY = tuple(
    f"revision__{field}" for field in ("text", "segments", "parent__text", "parent__segments")
)

SORTS: dict[str, Callable[[Row], Any]] = {
    "age": lambda row: -row.review.opened_at.timestamp(),
    "risk": lambda row: row.risk,
    "revenue": lambda row: row.share or 0.0,
    "customer": lambda row: str(row.review.variant).casefold(),
}
"""What `?sort=` may say; with a leading minus the largest comes first."""

WHOSE = (("me", "Waiting for me"), ("mine", "Asked by me"), ("customers", "My customers"))


@dataclass(frozen=True)
class Section:
    """Reviews that have in common what they wait for."""

    title: str
    rows: list[Row]


def reviews_of(user: User) -> QuerySet[Review]:
    """The reviews this person may see, with what pages read beside them."""
    visible = Variant.objects.visible_to(user)
    return Review.objects.filter(variant__in=visible).select_related(
        "variant__tenant", "variant__prompt", "opened_by", "scheduled_by",
        "revision__model_target", "revision__policy_version", "revision__base_version",
        "revision__overlay_version", "revision__parent__policy_version",
        "revision__parent__base_version", "revision__parent__overlay_version",
        "revision__parent__model_target", "revision__variant__prompt",
    )  # fmt: skip


def context(request: HttpRequest) -> dict[str, Any]:
    """Sections of the queue, or one list where a state is chosen."""
    user: User = request.user  # type: ignore[assignment]
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = _filtered(reviews_of(user).defer(*_HEAVY), asked, user)
    rows = rows_of(_few(found, asked["state"]), user)
    if asked["whose"] == "me":
        rows = [row for row in rows if row.need is not None]
    sort = request.GET.get("sort", "")
    sections = _sections(rows, user, asked["state"] in ReviewStage.values)
    for section in sections:
        _order(section.rows, sort)
    return {
        "sections": sections,
        "glasses": glasses_of(user),
        "filters": _choices(asked),
        "q": asked["q"],
        "sort": sort,
        "filtered": any(asked.values()),
        "cut": len(rows) >= MOST,
        "may_schedule": any(row.may_schedule for row in rows),
        "zones": zones_of(row.review.variant for row in rows if row.may_schedule),
        "address": request.GET.urlencode(),
    }


FILTERS = ("state", "prompt", "segment", "whose", "q")


def glasses_of(user: User) -> list[BreakGlass]:
    """What went out past the gate and nobody has looked at, for those who have to."""
    if not user.has_perm("registry.review_break_glass"):
        return []
    found = BreakGlass.objects.filter(
        stage=BreakGlassStage.UNREVIEWED, variant__in=Variant.objects.visible_to(user)
    ).select_related("variant__tenant", "variant__prompt", "by", "release__revision")
    return list(found.defer("release__revision__text", "release__revision__segments"))


def _filtered(reviews: QuerySet[Review], asked: dict[str, str], user: User) -> QuerySet[Review]:
    if asked["state"] in ReviewStage.values:
        reviews = reviews.filter(stage=asked["state"])
    if asked["prompt"]:
        reviews = reviews.filter(variant__prompt__slug=asked["prompt"])
    if asked["segment"]:
        reviews = reviews.filter(variant__tenant__segment=asked["segment"])
    if asked["whose"] == "mine":
        reviews = reviews.filter(opened_by=user)
    if asked["whose"] == "customers":
        reviews = reviews.filter(variant__tenant__in=user.own_tenant_ids)
    if asked["q"]:
        reviews = reviews.filter(
            Q(variant__tenant__name__icontains=asked["q"])
            | Q(variant__prompt__slug__icontains=asked["q"])
            | Q(rationale__icontains=asked["q"])
        )
    return reviews


def _few(reviews: QuerySet[Review], state: str) -> list[Review]:
    """Those to show: of a state the newest; else what is not settled, then what just was."""
    if state in ReviewStage.values:
        return list(reviews[:MOST])
    unsettled = list(reviews.filter(stage__in=UNDECIDED)[:MOST])
    since = timezone.now() - DECIDED_SINCE
    settled = reviews.exclude(stage__in=UNDECIDED).filter(opened_at__gte=since)
    return [*unsettled, *settled[: max(0, MOST - len(unsettled))]]


def _sections(rows: list[Row], user: User, one_list: bool) -> list[Section]:
    """Each review once, where it matters most to this person."""
    if one_list:
        return [Section("", rows)] if rows else []
    found: dict[str, list[Row]] = {
        "Waiting for me": [], "Scheduled": [], "Asked by me": [], "Waiting for others": [],
        "Recently decided": [],
    }  # fmt: skip
    for row in rows:
        found[_title(row, user)].append(row)
    return [Section(title, held) for title, held in found.items() if held]


def _title(row: Row, user: User) -> str:
    if row.need is not None:
        return "Waiting for me"
    if row.review.stage not in UNDECIDED:
        return "Recently decided"
    if row.review.stage == ReviewStage.SCHEDULED:
        return "Scheduled"
    return "Asked by me" if row.review.opened_by_id == user.pk else "Waiting for others"


def _order(rows: list[Row], sort: str) -> None:
    """By the column asked for; else what has its time by that, and the longest waiting first."""
    key = SORTS.get(sort.removeprefix("-"))
    if key is not None:
        rows.sort(key=key, reverse=sort.startswith("-"))
    elif rows and rows[0].review.stage == ReviewStage.SCHEDULED:
        rows.sort(key=lambda row: row.review.publish_at or row.review.opened_at)
    elif rows and rows[0].review.stage in UNDECIDED:
        rows.sort(key=lambda row: row.review.opened_at)


def _choices(asked: dict[str, str]) -> list[dict[str, Any]]:
    segments = Tenant.objects.order_by("segment").values_list("segment", flat=True).distinct()
    prompts = Prompt.objects.values_list("slug", flat=True)
    options = {
        "whose": ("Whose", WHOSE),
        "state": ("State", ReviewStage.choices),
        "prompt": ("Prompt", [(slug, slug) for slug in prompts]),
        "segment": ("Segment", [(name, name) for name in segments]),
    }
    return [
        {"name": name, "label": label, "value": asked[name], "options": choices}
        for name, (label, choices) in options.items()
    ]
