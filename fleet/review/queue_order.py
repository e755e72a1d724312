"""In which order reviews stand in the queue, over all its pages, and under which title.

Only what decides the place of a review is read of all of them; the page's own rows are read
afterwards (`queue_rows`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from fleet.overview.revenue import load_revenue
from fleet.review.evidence import latest_runs
from fleet.review.models import Review, ReviewStage
from fleet.review.queue_rows import UNDECIDED, share_of, state_of
from fleet.review.turns import NOBODYS, Turn, turns_of
from registry.models import User

MY_TURN, DECIDED = "Waiting for me", "Recently decided"
TITLES = (MY_TURN, "Scheduled", "Asked by me", "Waiting for others", DECIDED, "")
"""Each review stands once, where it matters most to this person; a list of one state has none."""

MAY_TURN = Q(
    stage__in=(ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED)
) | ~Q(suspended_why="")
"""Reviews that may wait for one person in particular."""

BADNESS = {"no_go": 3, "inconclusive": 2, "": 2, "running": 1}
"""Of a verdict, for the sort by risk; none at all is as bad as one that says nothing."""


@dataclass
class Line:
    """One review's place, and whose turn it is as the person sees it."""

    pk: int
    revision_id: UUID
    stage: str
    opened_at: dt.datetime
    publish_at: dt.datetime | None
    opened_by_id: int
    tenant_id: int | None
    prompt_id: int
    customer: str
    prompt: str
    locale: str
    lane: str
    turn: Turn = NOBODYS
    title: str = ""
    share: float = 0.0
    badness: int = 0


FIELDS = (
    "pk", "revision_id", "stage", "opened_at", "publish_at", "opened_by_id", "variant__tenant_id",
    "variant__prompt_id", "variant__tenant__name", "variant__prompt__slug", "variant__locale",
    "variant__lane",
)  # fmt: skip

SORTS: dict[str, Callable[[Line], Any]] = {
    "age": lambda line: -line.opened_at.timestamp(),
    "risk": lambda line: (line.badness, line.share),
    "revenue": lambda line: line.share,
    "customer": lambda line: (line.customer.casefold(), line.prompt, line.locale, line.lane),
}
"""What `?sort=` may say; with a leading minus the largest comes first."""


def lines_of(
    reviews: QuerySet[Review], user: User, sort: str, *, titled: bool, mine_only: bool
) -> list[Line]:
    """All of them in order of title (where there are any) and sort.

    `mine_only`: those that wait for this person.
    """
    turns = _turns(reviews, user)
    mine = {pk for pk, turn in turns.items() if turn.need is not None}
    if mine_only:
        reviews = reviews.filter(pk__in=mine)
    lines = [Line(*fields) for fields in reviews.order_by().values_list(*FIELDS)]
    for line in lines:
        line.customer = line.customer or "Platform default"
        line.turn = turns.get(line.pk, NOBODYS)
        line.title = _title(line, user) if titled else ""
    _weigh(lines, sort.removeprefix("-"))
    return sorted(_sorted(lines, sort), key=lambda line: TITLES.index(line.title))


def _turns(reviews: QuerySet[Review], user: User) -> dict[int, Turn]:
    """This person's turn on those of the reviews that may wait for somebody in particular."""
    light = reviews.filter(MAY_TURN).order_by().select_related(None).only(*TURNING)
    return turns_of(list(light), user)


TURNING = (
    "stage", "round", "suspended_why", "opened_by_id", "scheduled_by_id", "revision_id",
)  # fmt: skip
"""What decides whose turn it is."""


def _title(line: Line, user: User) -> str:
    if line.turn.need is not None:
        return MY_TURN
    if line.stage not in UNDECIDED:
        return DECIDED
    if line.stage == ReviewStage.SCHEDULED:
        return "Scheduled"
    return "Asked by me" if line.opened_by_id == user.pk else "Waiting for others"


def _weigh(lines: list[Line], sort: str) -> None:
    """Look up revenue and verdict where the sort asks for them."""
    if sort in ("risk", "revenue"):
        revenue = load_revenue()
        for line in lines:
            line.share = share_of(line.tenant_id, line.prompt_id, revenue) or 0.0
    if sort == "risk":
        runs = latest_runs(line.revision_id for line in lines)
        for line in lines:
            line.badness = BADNESS.get(state_of(runs.get(line.revision_id)), 0)


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    """By the column asked for; else what has its time by that, what waits longest first, and of
    what was decided the newest."""
    key = SORTS.get(sort.removeprefix("-"))
    if key is not None:
        return sorted(lines, key=lambda line: (key(line), line.pk), reverse=sort.startswith("-"))
    return sorted(lines, key=_usual)


def _usual(line: Line) -> tuple[float, int]:
    if line.stage == ReviewStage.SCHEDULED and line.publish_at is not None:
        return line.publish_at.timestamp(), line.pk
    at = line.opened_at.timestamp()
    return (at, line.pk) if line.stage in UNDECIDED else (-at, -line.pk)
