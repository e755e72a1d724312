"""What a board shows: header, filters, sorted rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from evals.models import VerdictKind
from fleet.campaign.models import Campaign, CampaignStage, TrackStage
from fleet.campaign.rows import Row, as_counts, rows_of
from fleet.campaign.turns import WHO
from registry.models import User

URGENCY = {
    TrackStage.NEEDS_WORK: 0,
    TrackStage.ROLLED_BACK: 1,
    TrackStage.CANARY: 2,
    TrackStage.SCHEDULED: 3,
    TrackStage.SIGNED_OFF: 4,
    TrackStage.AWAITING_SIGN_OFF: 5,
    TrackStage.EVALUATING: 6,
    TrackStage.QUEUED: 7,
    TrackStage.DEFERRED: 8,
    TrackStage.WATCHED: 9,
    TrackStage.CUT_OVER: 10,
    TrackStage.DONE: 11,
    TrackStage.EXEMPT: 12,
    TrackStage.CANCELLED: 13,
}
"""The default order: what the fleet's mean hides comes first, what is done comes last."""

SORTS: dict[str, Callable[[Row], Any]] = {
    "tenant": lambda row: row.name.lower(),
    "owner": lambda row: [owner.display_name for owner in row.owners],
    "revenue": lambda row: row.share or 0.0,
    "state": lambda row: URGENCY[TrackStage(row.track.stage)],
    "change": lambda row: row.change if row.change is not None else 2.0,
    "turn": lambda row: row.turn.label,
    "age": lambda row: -row.track.changed_at.timestamp(),
}
"""`?sort=` -> key; a leading minus turns it round."""


def context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Header over all visible tracks, rows as filtered and sorted by the address."""
    user: User = request.user  # type: ignore[assignment]
    every = rows_of(campaign, user)
    rows = _sorted(_filtered(every, request, user), request.GET.get("sort", ""))
    running = campaign.stage == CampaignStage.RUNNING
    moving = running and any(row.moving for row in every)
    return {
        "campaign": campaign,
        "named": campaign.name != campaign.usual_name,
        "rows": rows,
        "moving": moving,
        "running": running,
        "may_approve": user.has_perm("registry.approve") and user.pk != campaign.opened_by_id,
        "seen": fingerprint(every, moving),
        "filters": _filters(every, request),
        "q": request.GET.get("q", "").strip(),
        "sort": request.GET.get("sort", ""),
        "keep": [("sort", request.GET.get("sort", ""))],
        "count": f"{len(rows)} of {len(every)}",
        "address": _address(request),
        "cancel_url": reverse("campaign-cancel", args=[campaign.pk]),
        **(figures := summary(every)),
        "counts": _linked(figures["counts"], request, campaign),
        "cancel_words": {
            "button": f"Cancel {campaign.word}",
            "act": f"Cancel the {campaign.word}",
            "heading": f"Cancel this {campaign.word}?",
        },
        "cancel_text": f"{figures['total'] - figures['cut_over']} open tracks end. "
        f"The {figures['cut_over']} variants that were cut over stay on {campaign.goal}.",
    }


def _address(request: HttpRequest) -> str:
    """The filters and the order as a query string, without what the polling adds."""
    query = request.GET.copy()
    query.pop("seen", None)
    return query.urlencode()


def _linked(
    counts: list[dict[str, Any]], request: HttpRequest, campaign: Campaign
) -> list[dict[str, Any]]:
    """Each figure with the address of the rows it counts."""
    query = request.GET.copy()
    query.pop("seen", None)
    found = []
    for one in counts:
        query["state"] = one["stage"].value
        found.append(one | {"url": f"{campaign.get_absolute_url()}?{query.urlencode()}"})
    return found


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """The header's figures; the mean over those tracks that have a verdict."""
    changes = [row.change for row in rows if row.change is not None]
    closed = [row for row in rows if row.track.is_serving]
    mean = sum(changes) / len(changes) if changes else None
    return {
        "counts": as_counts(rows),
        "total": len(rows),
        "cut_over": len(closed),
        "measured": len(changes),
        "regressed": sum(row.regressed for row in rows),
        "no_go": sum(row.verdict_is(VerdictKind.NO_GO) for row in rows),
        "unsure": sum(row.verdict_is(VerdictKind.INCONCLUSIVE) for row in rows),
        "many_prompts": len({row.track.variant.prompt_id for row in rows}) > 1,
        "mean_words": in_points(mean) if mean is not None else "",
    }


def in_points(change: float) -> str:
    """A change of a pass rate in words: “fell by 0.4 points”."""
    points = abs(change) * 100
    if points < 0.05:
        return "did not move"
    return f"{'rose' if change > 0 else 'fell'} by {points:.1f} points"


def fingerprint(rows: Sequence[Row], moving: bool) -> str:
    """Changes whenever any row would read differently; the page sends back what it has seen."""
    said = [
        (str(row.track.pk), row.track.stage, row.turn.words, row.sentence, row.approved)
        for row in rows
    ]
    return hashlib.sha256(repr((sorted(said), moving)).encode()).hexdigest()[:16]


def _filtered(rows: Sequence[Row], request: HttpRequest, user: User) -> list[Row]:
    text = request.GET.get("q", "").strip().lower()
    state, owner, turn = (request.GET.get(name, "") for name in ("state", "owner", "turn"))
    return [
        row
        for row in rows
        if (not text or text in row.name.lower())
        and (not state or row.track.stage == state)
        and (not owner or _owned(row, owner, user))
        and (not turn or row.turn.who == turn)
    ]


def _owned(row: Row, owner: str, user: User) -> bool:
    if owner == "nobody":
        return not row.owners
    wanted = str(user.pk) if owner == "me" else owner
    return any(str(person.pk) == wanted for person in row.owners)


def _filters(rows: Sequence[Row], request: HttpRequest) -> list[dict[str, Any]]:
    people = {owner.pk: owner.display_name for row in rows for owner in row.owners}
    named = sorted(((str(pk), name) for pk, name in people.items()), key=lambda pair: pair[1])
    options = {
        "state": ("State", TrackStage.choices),
        "owner": ("Owner", [("me", "Me"), ("nobody", "Nobody (orphaned)"), *named]),
        "turn": ("Turn", list(WHO.items())),
    }
    return [
        {"name": name, "label": label, "value": request.GET.get(name, ""), "options": choices}
        for name, (label, choices) in options.items()
    ]


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    key = SORTS.get(sort.removeprefix("-"))
    if key is None:
        return sorted(rows, key=_by_need)
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def _by_need(row: Row) -> tuple[Any, ...]:
    """Regressions first, the deepest fall and the most revenue on top."""
    stage = URGENCY[TrackStage(row.track.stage)]
    hidden = row.verdict_is(VerdictKind.NO_GO) and stage < URGENCY[TrackStage.CUT_OVER]
    change = row.change if row.change is not None else 2.0
    return (not hidden, stage, change, -(row.share or 0), row.name)
