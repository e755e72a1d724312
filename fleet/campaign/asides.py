"""What stands in other tables beside the tracks of a board, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F

from fleet.campaign.actions import BREAKS, CUT_OVER_KIND
from fleet.campaign.models import SignOff, SignOffDecision, TrackStage
from fleet.campaign.sheet import Line
from fleet.review.models import Approval, Objection, ObjectionStage
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


@dataclass(frozen=True)
class Answer:
    """What a customer said who did not sign."""

    who: str
    wants_change: bool


@dataclass(frozen=True)
class Asides:
    """By track, by Revision or by tenant."""

    yes: dict[UUID, Yes] = field(default_factory=dict)
    said: dict[tuple[str, str], Event] = field(default_factory=dict)
    answers: dict[UUID, Answer] = field(default_factory=dict)
    cutting_over: set[str] = field(default_factory=set)
    dead: dict[str, WorkItem] = field(default_factory=dict)
    owners: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)

    def told(self, verb: str, line: Line) -> Event | None:
        """The newest event of that verb on a track."""
        return self.said.get((verb, str(line.pk)))


def in_hand() -> tuple[set[str], dict[str, WorkItem]]:
    """Ids of the tracks whose cutover is in a worker's hand, and items that were given up.

    To be read before the tracks: the other way round a cutover that ends in between would leave
    a row that has not moved and that nobody waits for any more.
    """
    wanted = [WorkState.QUEUED, WorkState.LEASED, WorkState.DEAD]
    items = WorkItem.objects.filter(state__in=wanted, payload__track__isnull=False)
    busy: set[str] = set()
    dead: dict[str, WorkItem] = {}
    for item in items.order_by("pk"):
        if item.state == WorkState.DEAD:
            dead[item.payload["track"]] = item
        elif item.kind == CUT_OVER_KIND:
            busy.add(item.payload["track"])
    return busy, dead


def asides_of(lines: Sequence[Line], busy: tuple[set[str], dict[str, WorkItem]]) -> Asides:
    """All that the lines alone do not tell."""
    owners = _owners({line.tenant_id for line in lines if line.tenant_id is not None})
    named = {line.owner_id for line in lines if line.owner_id is not None}
    return Asides(
        yes=_yes(lines),
        said=_said(lines),
        answers=_answers(lines),
        cutting_over=busy[0],
        dead=busy[1],
        owners=owners,
        people=_names(named),
    )


def _yes(lines: Iterable[Line]) -> dict[UUID, Yes]:
    """Revision -> how it stands; those that nobody said anything of are left out."""
    asked = {line.revision_id for line in lines if line.stage in JUDGED}
    raised = Objection.objects.filter(revision__in=asked, stage=ObjectionStage.RAISED)
    given = Approval.objects.filter(revision__in=asked).order_by()
    touched = set(raised.values_list("revision_id", flat=True))
    touched.update(given.values_list("revision_id", flat=True).distinct())
    if not touched:
        return {}
    pins = ("policy_version", "base_version", "overlay_version", "model_target")
    revisions = Revision.objects.filter(pk__in=touched).only("parent", "variant", *pins)
    return {
        pk: Yes(one.is_approved, one.is_objected, one.still)
        for pk, one in standings_of(list(revisions)).items()
    }


def _said(lines: Iterable[Line]) -> dict[tuple[str, str], Event]:
    wanted = [str(line.pk) for line in lines if any(line.stage in at for at in TOLD.values())]
    told = Event.objects.filter(verb__in=TOLD, subject_type="track", subject_id__in=wanted)
    return {(event.verb, event.subject_id): event for event in told.order_by("id")}


def _answers(lines: Iterable[Line]) -> dict[UUID, Answer]:
    """The last word of customers who did not sign what their track is about."""
    wanted = [line.pk for line in lines if line.stage == TrackStage.NEEDS_WORK]
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


def _owners(tenants: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Tenant -> (id, name) of its owners who still work here."""
    through: Any = User.tenants.through  # type: ignore[attr-defined]
    rows = through.objects.filter(tenant__in=tenants, user__is_active=True).order_by("pk")
    people = _names(set(rows.order_by().values_list("user_id", flat=True).distinct()))
    found: dict[int, list[tuple[int, str]]] = {}
    for tenant, user in rows.values_list("tenant_id", "user_id"):
        found.setdefault(tenant, []).append((user, people[user]))
    return found


def _names(people: Collection[int]) -> dict[int, str]:
    return {one.pk: one.display_name for one in User.objects.filter(pk__in=people)}
