"""How long customers took to sign: days between a track's asking and its being answered.

Read off the event trail. A track enters the stage by an event of that name, and leaves it by
an event that tells it as its origin; so the time is the sum of the leavings less that of the
enterings, and a track that has not left yet counts until now. No event needs its partner.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, DateTimeField, F, FloatField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Extract, Greatest
from django.utils import timezone

from fleet.campaign.models import TrackStage
from registry.models import Event

SECONDS_A_DAY = 86_400
HOURS_A_DAY = 24

_ENTERED = Q(verb=f"track.{TrackStage.AWAITING_SIGN_OFF}")
_LEFT = Q(data__origin=str(TrackStage.AWAITING_SIGN_OFF))
_STAGES = [f"track.{stage}" for stage in TrackStage.values]


class Waited(NamedTuple):
    """`days` of waiting in the period, `asked` how often a customer was asked, `waiting` how
    many tracks wait now."""

    days: float = 0.0
    asked: int = 0
    waiting: int = 0

    @property
    def words(self) -> str:
        """The waiting for reading: “3.5 days”; “1.2 hours” of less than a day."""
        if 0 < self.days < 1:
            return f"{self.days * HOURS_A_DAY:.1f} hours"
        return f"{self.days:.1f}".removesuffix(".0") + " days"


def waited_together(several: Iterable[Waited]) -> Waited:
    """All of it."""
    whole = list(several)
    return Waited(
        sum(one.days for one in whole), sum(one.asked for one in whole),
        sum(one.waiting for one in whole),
    )  # fmt: skip


def track_events() -> QuerySet[Event]:
    """The events by which tracks change their stage."""
    return Event.objects.filter(subject_type="track", verb__in=_STAGES)


def waited(events: QuerySet[Event], by: str, since: dt.datetime) -> dict[object, Waited]:
    """The waiting after `since` of each value of the column `by`; one query.

    A wait that began earlier counts from `since` on; its asking does not count as one.
    """
    now = timezone.now()
    start = Value(since, output_field=DateTimeField())
    at = Cast(Extract(Greatest(F("at"), start), "epoch"), FloatField())
    rows = (
        events.filter(_ENTERED | _LEFT)
        .order_by()
        .values(by)
        .annotate(
            begun=Coalesce(Sum(at, filter=_ENTERED), 0.0),
            ended=Coalesce(Sum(at, filter=_LEFT), 0.0),
            entered=Count("pk", filter=_ENTERED),
            left=Count("pk", filter=_LEFT),
            asked=Count("pk", filter=_ENTERED & Q(at__gte=since)),
        )
        .values_list(by, "begun", "ended", "entered", "left", "asked")
    )
    found: dict[object, Waited] = {}
    for key, begun, ended, entered, left, asked in rows:
        waiting = entered - left
        seconds = ended - begun + waiting * now.timestamp()
        found[key] = Waited(max(seconds, 0.0) / SECONDS_A_DAY, asked, waiting)
    return found
