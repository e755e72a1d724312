"""What went wrong with a variant: taken back, put out past the gate, revoked, complained of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from fleet.feedback.models import Feedback, FeedbackKind
from fleet.release.models import BreakGlass, Release, Stage
from registry.models import Revision, Variant


class Incidents(NamedTuple):
    """Each kind's number. `rolled_back` counts what was live or a canary and was taken back."""

    rolled_back: int = 0
    break_glass: int = 0
    revoked: int = 0
    complaints: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


NONE = Incidents()


def incidents_together(several: Iterable[Incidents]) -> Incidents:
    """All of them, kind by kind."""
    whole = NONE
    for one in (each for each in several if each is not NONE):
        whole = Incidents(*(a + b for a, b in zip(whole, one, strict=True)))
    return whole


def incidents_by_variant(variants: QuerySet[Variant], since: dt.datetime) -> dict[int, Incidents]:
    """Variant -> what went wrong with it since then; four queries."""
    counts = [
        _count(_taken_back(variants, since)),
        _count(BreakGlass.objects.filter(variant__in=variants, at__gte=since)),
        _revoked(variants, since),
        _count(_complaints(variants, since)),
    ]
    keys = set().union(*counts)
    return {key: Incidents(*(count.get(key, 0) for count in counts)) for key in keys}


def minutes_by_variant(variants: QuerySet[Variant], since: dt.datetime) -> dict[int, int]:
    """Variant -> minutes that its customers' complaints, questions and replies took; one query."""
    found = Feedback.objects.filter(variant__in=variants, happened_at__gte=since, minutes__gt=0)
    rows = found.order_by().values("variant").annotate(whole=Sum("minutes"))
    return dict(rows.values_list("variant", "whole"))


def _taken_back(variants: QuerySet[Variant], since: dt.datetime) -> QuerySet[Release]:
    over = Release.objects.filter(variant__in=variants, stage=Stage.ROLLED_BACK)
    return over.filter(ended_at__gte=since)


def _revoked(variants: QuerySet[Variant], since: dt.datetime) -> dict[int, int]:
    """Revisions and overlay versions that were revoked; what a layer of all had is not its own.

    An overlay version counts once, however many revisions pin it.
    """
    own, overlay = Q(revocation__at__gte=since), Q(overlay_version__revocation__at__gte=since)
    counted = (
        Revision.objects.filter(own | overlay, variant__in=variants)
        .order_by()
        .values("variant")
        .annotate(
            n=Count("revocation", filter=own)
            + Count("overlay_version__revocation", filter=overlay, distinct=True)
        )
    )
    return dict(counted.values_list("variant", "n"))


def _complaints(variants: QuerySet[Variant], since: dt.datetime) -> QuerySet[Feedback]:
    said = Feedback.objects.filter(variant__in=variants, kind=FeedbackKind.COMPLAINT)
    return said.filter(happened_at__gte=since)


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    counted = rows.order_by().values("variant").annotate(n=Count("pk"))
    return dict(counted.values_list("variant", "n"))
