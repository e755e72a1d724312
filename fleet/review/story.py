"""What happened to a review, as a timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from fleet.authoring.sentences import SAID_ALREADY
from fleet.authoring.timeline import Entry, entry
from fleet.review.models import Review
from registry.models import Event

MOST = 60
"""Entries shown; the variant's own timeline goes on from there."""

LEFT_OUT = (*SAID_ALREADY, "review.commented")
"""Events that another of the same deed tells better, or that the threads show."""


def story_of(review: Review) -> list[Entry]:
    """Everything done to the review and its revision, newest first."""
    events = _events(review).exclude(verb__in=LEFT_OUT).select_related("actor")
    return [_without_own_link(entry(event), review) for event in events[:MOST]]


def _events(review: Review) -> QuerySet[Event]:
    """By subject: the review, its revision, and the rows that hang on either."""
    revision = review.revision
    subjects: dict[str, list[Any]] = {
        "review": [review.pk],
        "revision": [revision.pk],
        "approval": _ids(review.approvals.all()),
        "objection": _ids(revision.objections.all()),
        "evalrun": _ids(revision.eval_runs.all()),
        "release": _ids(revision.releases.all()),
    }
    wanted = Q()
    for kind, ids in subjects.items():
        wanted |= Q(subject_type=kind, subject_id__in=[str(pk) for pk in ids])
    return Event.objects.filter(wanted)


def _ids(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.order_by().values_list("pk", flat=True))


def _without_own_link(shown: Entry, review: Review) -> Entry:
    """A link to the page that one is on leads nowhere."""
    if shown.url != review.get_absolute_url():
        return shown
    return Entry(shown.when, shown.who, shown.sentence, shown.why, shown.state, "", "")
