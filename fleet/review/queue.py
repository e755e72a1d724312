"""The review queue: which reviews wait for whom, filtered and sorted by the address."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from fleet.release.models import BreakGlass, BreakGlassStage
from fleet.review.models import Review, ReviewStage
from fleet.review.queue_order import Line, lines_of
from fleet.review.queue_rows import UNDECIDED, Row, rows_of
from fleet.review.zones import zones_of
from registry.models import Prompt, Tenant, User
from registry.reach import within_reach

DECIDED_SINCE = dt.timedelta(days=14)
"""How far back “recently decided” reaches; older ones are found by the state filter."""

PAGE_ROWS = 100

_TEXTS = tuple(
    f"revision__{side}{column}" for side in ("", "parent__") for column in ("text", "segments")
)
"""Columns that no row of the list shows."""

WHOSE = (("me", "Waiting for me"), ("mine", "Asked by me"), ("customers", "My customers"))


@dataclass(frozen=True)
class Section:
    """Reviews that have in common what they wait for: those of this page, of `count` in all."""

    title: str
    count: int
    rows: list[Row]


def reviews_of(user: User) -> QuerySet[Review]:
    """The reviews this person may see, with what pages read beside them."""
    return Review.objects.filter(within_reach(user)).select_related(
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
    state = asked["state"] if asked["state"] in ReviewStage.values else ""
    sort = request.GET.get("sort", "")
    lines = lines_of(
        _in_reach(_filtered(reviews_of(user), asked, user), state), user, sort,
        titled=not state, mine_only=asked["whose"] == "me",
    )  # fmt: skip
    page = Paginator(lines, PAGE_ROWS).get_page(request.GET.get("page"))
    turns = {line.pk: line.turn for line in page}
    rows = rows_of(_reviews(user, turns), turns)
    return {
        "page": page,
        "list_url": reverse("review-queue"),
        "sections": _sections(rows, page, Counter(line.title for line in lines)),
        "glasses": glasses_of(user),
        "filters": _choices(asked),
        "keep": [("sort", sort)],
        "q": asked["q"],
        "sort": sort,
        "filtered": any(asked.values()),
        "may_schedule": any(row.turn.may_release for row in rows),
        "zones": zones_of(row.review.variant for row in rows if row.turn.may_release),
        "address": request.GET.urlencode(),
    }


FILTERS = ("state", "prompt", "segment", "whose", "q")


def glasses_of(user: User) -> list[BreakGlass]:
    """What went out past the gate and nobody has looked at, for those who have to."""
    if not user.has_perm("registry.review_break_glass"):
        return []
    found = BreakGlass.objects.filter(
        within_reach(user), stage=BreakGlassStage.UNREVIEWED
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


def _in_reach(reviews: QuerySet[Review], state: str) -> QuerySet[Review]:
    """Those of one state, or what is not settled and what just was."""
    if state:
        return reviews
    since = timezone.now() - DECIDED_SINCE
    return reviews.filter(Q(stage__in=UNDECIDED) | Q(opened_at__gte=since))


def _reviews(user: User, order: Iterable[int]) -> list[Review]:
    """The reviews of a page, in its order, with what its rows show of them."""
    of_rows = Review.objects.filter(within_reach(user)).select_related(
        "variant__tenant", "variant__prompt", "opened_by", "revision__parent"
    )
    found = of_rows.defer(*_TEXTS).in_bulk(list(order))
    return [found[pk] for pk in order if pk in found]


def _sections(rows: list[Row], page: Iterable[Line], counts: Counter[str]) -> list[Section]:
    """The page's rows under their titles; a section may go on on the next page."""
    titles = {line.pk: line.title for line in page}
    grouped = groupby(rows, key=lambda row: titles[row.review.pk])
    return [Section(title, counts[title], list(held)) for title, held in grouped]


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
