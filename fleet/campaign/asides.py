"""What stands in other tables beside the tracks of a board, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from fleet.campaign.actions import BREAKS, CUT_OVER_KIND
from fleet.campaign.models import SignOff, SignOffDecision, Track, TrackStage
from fleet.campaign.sheet import Line
from fleet.review.models import Approval, Objection, ObjectionStage
from fleet.review.rules import Light
from fleet.review.standing import standings_of
from registry.models import Event, Revision, User, WorkItem, WorkState

REFUSED = "track.cut_over_refused"

JUDGED = (TrackStage.AWAITING_SIGN_OFF, TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)
"""Stages in which it matters who has approved."""

TOLD: dict[str, Collection[str]] = {
    BREAKS: (TrackStage.NEEDS_WORK,),
    REFUSED: (TrackStage.SIGNED_OFF,),
    "track.deferred": (TrackStage.DEFERRED,),
    "track.exempt": (TrackStage.EXEMPT,),
}
"""Events whose reason the board tells, and the stages in which it does."""


@dataclass(frozen=True)
class Yes:
    """How our own approval stands: given, objected to, or who is still needed, in words."""

    approved: bool = False
    objected: bool = False
    still: str = ""


NOT_SAID = Yes()
"""Of a Revision that nobody said anything of."""


@dataclass(frozen=True)
class Answer:
    """What a customer said who did not sign."""

    who: str
    wants_change: bool


@dataclass(frozen=True)
class Asides:
    """By track, by Revision or by tenant."""

    yes: dict[UUID, Yes] = field(default_factory=dict)
    said: dict[tuple[str, UUID], Event] = field(default_factory=dict)
    answers: dict[UUID, Answer] = field(default_factory=dict)
    cutting_over: set[UUID] = field(default_factory=set)
    dead: dict[UUID, WorkItem] = field(default_factory=dict)
    owners: dict[int, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)

    def yes_of(self, line: Line) -> Yes:
        """How our approval of a track's Revision stands."""
        return self.yes.get(line.revision_id, NOT_SAID) if line.stage in JUDGED else NOT_SAID

    def told(self, verb: str, line: Line) -> Event | None:
        """The newest event of that verb on a track, in the stages in which the board tells it."""
        return self.said.get((verb, line.pk)) if line.stage in TOLD.get(verb, ()) else None


def in_hand() -> tuple[set[UUID], dict[UUID, WorkItem]]:
    """Ids of the tracks whose cutover is in a worker's hand, and items that were given up.

    To be read before the tracks: the other way round a cutover that ends in between would leave
    a row that has not moved and that nobody waits for any more.
    """
    wanted = [WorkState.QUEUED, WorkState.LEASED, WorkState.DEAD]
    items = WorkItem.objects.filter(state__in=wanted, payload__track__isnull=False)
    busy: set[UUID] = set()
    dead: dict[UUID, WorkItem] = {}
    for item in items.order_by("pk"):
        track = UUID(item.payload["track"])
        if item.state == WorkState.DEAD:
            dead[track] = item
        elif item.kind == CUT_OVER_KIND:
            busy.add(track)
    return busy, dead


def asides_of(
    tracks: QuerySet[Track], lines: Sequence[Line], busy: tuple[set[UUID], dict[UUID, WorkItem]]
) -> Asides:
    """All that the lines of these tracks alone do not tell.

    Asked for by the tracks as a subquery: thousands of ids in a statement take longer to send
    than to answer.
    """
    mine = tracks.order_by()
    named = {line.owner_id for line in lines if line.owner_id is not None}
    owners, people = _owners(mine, named)
    return Asides(
        yes=_yes(mine),
        said=_said(mine),
        answers=_answers(mine),
        cutting_over=busy[0],
        dead=busy[1],
        owners=owners,
        people=people,
    )


def _yes(tracks: QuerySet[Track]) -> dict[UUID, Yes]:
    """Revision -> how it stands; those that nobody said anything of are left out."""
    asked = tracks.filter(stage__in=JUDGED).values("revision")
    said = Q(Exists(Objection.objects.filter(revision=OuterRef("pk"), stage=ObjectionStage.RAISED)))
    said |= Q(Exists(Approval.objects.filter(revision=OuterRef("pk"))))
    found = Revision.objects.filter(said, pk__in=asked).order_by()
    revisions = [Light._make(row) for row in found.values_list(*Light._fields)]
    if not revisions:
        return {}
    return {
        pk: Yes(one.is_approved, one.is_objected, one.still)
        for pk, one in standings_of(revisions).items()
    }


def _said(tracks: QuerySet[Track]) -> dict[tuple[str, UUID], Event]:
    stages = {stage for at in TOLD.values() for stage in at}
    wanted = tracks.filter(stage__in=stages).annotate(name=Cast("pk", CharField())).values("name")
    told = Event.objects.filter(verb__in=TOLD, subject_type="track", subject_id__in=wanted)
    return {(event.verb, UUID(event.subject_id)): event for event in told.order_by("id")}


def _answers(tracks: QuerySet[Track]) -> dict[UUID, Answer]:
    """The last word of customers who did not sign what their track is about."""
    wanted = tracks.filter(stage=TrackStage.NEEDS_WORK).values("pk")
    rows = SignOff.objects.filter(track__in=wanted, revision=F("track__revision")).order_by("at")
    last = {
        track: (decision, who)
        for track, decision, who in rows.values_list("track_id", "decision", "contact_name")
    }
    return {
        track: Answer(who, decision == SignOffDecision.CHANGE_REQUESTED)
        for track, (decision, who) in last.items()
        if decision != SignOffDecision.APPROVED
    }


def _owners(
    tracks: QuerySet[Track], named: Collection[int]
) -> tuple[dict[int, tuple[tuple[int, str], ...]], dict[int, str]]:
    """Tenant -> (id, name) of its owners who still work here; and the names of `named`."""
    through: Any = User.tenants.through
    tenants = tracks.values("variant__tenant")
    rows = list(
        through.objects.filter(tenant__in=tenants, user__is_active=True)
        .order_by("pk")
        .values_list("tenant_id", "user_id")
    )
    people = _names({user for _, user in rows} | set(named))
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for tenant, user in rows:
        found[tenant] = (*found.get(tenant, ()), (user, people[user]))
    return found, people


def _names(people: Collection[int]) -> dict[int, str]:
    return {one.pk: one.display_name for one in User.objects.filter(pk__in=people)}
