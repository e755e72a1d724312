"""The review queue: which reviews wait for whom, and what each row says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from evals.models import EvalRun, RunStage
from evals.views.progress import done_calls
from fleet.overview.revenue import Revenue, load_revenue
from fleet.review.barred import contributors_of
from fleet.review.models import Review, ReviewStage
from registry.models import User, Variant

DECIDED_SINCE = dt.timedelta(days=14)
"""How far back “recently decided” reaches; older ones are found by the state filter."""

MOST = 200
"""Rows a section or a filter shows at most, newest first."""

_HEAVY = tuple(
    f"revision__{field}" for field in ("text", "segments", "parent__text", "parent__segments")
)


@dataclass(frozen=True)
class Row:
    """One review in a list. `share`: revenue behind the variant, 0 to 1."""

    review: Review
    run: EvalRun | None
    done: int
    share: float | None
    barred: bool
    need: str

    @property
    def verdict(self) -> Any:
        """The verdict of the newest run, None while there is none."""
        return getattr(self.run, "verdict", None)

    @property
    def state(self) -> str:
        """What the verdict column shows as a pill: running, go, no_go, inconclusive or nothing."""
        if self.verdict is not None:
            return str(self.verdict.kind)
        return str(self.run.stage) if self.run is not None else ""


def reviews_of(user: User) -> QuerySet[Review]:
    """The reviews this person may see, with what pages read beside them."""
    visible = Variant.objects.visible_to(user)
    return Review.objects.filter(variant__in=visible).select_related(
        "variant__tenant", "variant__prompt", "opened_by", "revision__model_target",
        "revision__policy_version", "revision__base_version", "revision__overlay_version",
        "revision__parent__policy_version", "revision__parent__base_version",
        "revision__parent__overlay_version", "revision__parent__model_target",
    )  # fmt: skip


def context(request: HttpRequest) -> dict[str, Any]:
    """Sections of the queue, or one list where a state is chosen."""
    user: User = request.user  # type: ignore[assignment]
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()
    found = _search(reviews_of(user).defer(*_HEAVY), text)
    if state in ReviewStage.values:
        sections = [("", rows_of(found.filter(stage=state)[:MOST], user))]
    else:
        recent = Q(opened_at__gte=timezone.now() - DECIDED_SINCE)
        unfinished = Q(stage__in=[ReviewStage.OPEN, ReviewStage.APPROVED])
        sections = _sections(rows_of(found.filter(unfinished | recent)[:MOST], user), user)
    return {
        "sections": [(title, rows) for title, rows in sections if rows],
        "filters": [_state_filter(state)],
        "q": text,
        "filtered": bool(state or text),
    }


def _state_filter(state: str) -> dict[str, Any]:
    return {"name": "state", "label": "State", "value": state, "options": ReviewStage.choices}


def _search(reviews: QuerySet[Review], text: str) -> QuerySet[Review]:
    if not text:
        return reviews
    return reviews.filter(
        Q(variant__tenant__name__icontains=text)
        | Q(variant__prompt__slug__icontains=text)
        | Q(rationale__icontains=text)
    )


def _sections(rows: list[Row], user: User) -> list[tuple[str, list[Row]]]:
    """Each review once, where it matters most to this person."""
    named: dict[str, list[Row]] = {
        "Waiting for me": [], "Mine": [], "All open": [], "Recently decided": []
    }  # fmt: skip
    for row in rows:
        unfinished = row.review.stage in (ReviewStage.OPEN, ReviewStage.APPROVED)
        if row.need:
            title = "Waiting for me"
        elif unfinished and row.review.opened_by_id == user.pk:
            title = "Mine"
        else:
            title = "All open" if unfinished else "Recently decided"
        named[title].append(row)
    return list(named.items())


def rows_of(reviews: QuerySet[Review], user: User) -> list[Row]:
    """Rows with verdict, risk and what is needed of this person; the queries do not grow."""
    found = list(reviews)
    runs = latest_runs([review.revision_id for review in found])
    done = done_calls(run.pk for run in runs.values() if run.stage == RunStage.RUNNING)
    revenue = load_revenue()
    wrote = contributors_of([review.revision for review in found])
    rows = []
    for review in found:
        run, barred = runs.get(review.revision_id), user.pk in wrote[review.revision_id]
        rows.append(
            Row(
                review, run, done.get(run.pk, 0) if run else 0,
                share_of(review.variant, revenue), barred, _need(review, user, barred),
            )
        )  # fmt: skip
    return rows


def share_of(variant: Variant, revenue: Revenue) -> float | None:
    """Revenue behind a variant as a share of all, 0 to 1; None while no revenue is known.

    The platform default stands for the customers without a variant of that prompt.
    """
    if variant.tenant_id is None:
        return revenue.share(revenue.of(revenue.served_by_default(variant.prompt_id)))
    return revenue.share(revenue.by_tenant[variant.tenant_id])


def latest_runs(revisions: Sequence[UUID]) -> dict[UUID, EvalRun]:
    """Revision -> its newest run that was not cancelled; one query."""
    runs = EvalRun.objects.filter(revision_id__in=revisions).exclude(stage=RunStage.CANCELLED)
    newest = runs.order_by("revision_id", "-started_at").distinct("revision_id")
    return {run.revision_id: run for run in newest.select_related("verdict")}


def _need(review: Review, user: User, barred: bool) -> str:
    """What this person can do about it now, as a verb; empty when it waits for others."""
    if review.stage == ReviewStage.OPEN and not barred and user.has_perm("registry.approve"):
        return "Decide"
    if review.stage == ReviewStage.APPROVED and user.has_perm("registry.release"):
        return "Make live"
    return ""
