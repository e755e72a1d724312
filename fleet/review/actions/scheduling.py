"""Publish at a chosen time: each review alone, and all of it checked again when the time comes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from fleet.release.actions import publish
from fleet.release.models import Release
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import UNSCHEDULED, hold
from fleet.review.actions.telling import people_of, tell_of
from fleet.review.blockers import Blocker, against_release, blockers
from fleet.review.models import Review, ReviewStage
from registry import work
from registry.days import moment
from registry.models import User, WorkItem
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove, move

PUBLISH_KIND = "publish_scheduled"

FARTHEST = dt.timedelta(days=90)
"""How far ahead one can schedule: evidence and people change faster than that."""

LATEST = dt.timedelta(hours=24)
"""What is overdue by more was missed while the product was down: a person decides anew."""

AT_ONCE = 200
"""Due reviews handed to the workers in one go."""

REFUSALS = (Blocked, AlreadyDecided, NotAllowed, IllegalMove)
"""What an act on one review may answer instead of acting."""

GIVEN_UP = "It failed several times and was given up. Ask an operator for the log."


@dataclass
class Scheduled:
    """What became of a batch: those that wait for their time, and why the others do not."""

    batch: uuid.UUID
    done: list[Review] = field(default_factory=list)
    left: list[tuple[Review, str]] = field(default_factory=list)


def schedule(
    reviews: Sequence[Review], *, at: dt.datetime, by: User, acknowledged: bool = False
) -> Scheduled:
    """Have approved reviews go live at `at`, at most FARTHEST ahead; each is checked alone.

    `acknowledged`: the warnings that have to be ticked were. Raises Blocked for a time that
    cannot be; who may not, and what stands in the way of one review, is said in `left`.
    """
    _refuse_time(at)
    found = Scheduled(uuid.uuid4())
    for review in reviews:
        try:
            found.done.append(_schedule(review, at, by, acknowledged, found.batch))
        except REFUSALS as why:
            found.left.append((review, str(why)))
    return found


@transaction.atomic
def unschedule(review: Review, *, by: User, why: str = "") -> Review:
    """Take one review out of the schedule; its approval stands."""
    review = hold(review)
    require(by, "release", review.variant.tenant)
    _refuse_stage(review, ReviewStage.SCHEDULED)
    return move(review, ReviewStage.APPROVED, by=by, why=why, **UNSCHEDULED)


def publish_due() -> int:
    """Hand every review whose time has come to the workers, once each; returns how many."""
    due = Review.objects.filter(stage=ReviewStage.SCHEDULED, publish_at__lte=timezone.now())
    rows = {
        f"publish:{review.pk}:{review.schedule_batch}": {
            "review": review.pk, "batch": str(review.schedule_batch),
        }
        for review in due.order_by("publish_at", "pk").only("pk", "schedule_batch")[:AT_ONCE]
    }  # fmt: skip
    rung = set(WorkItem.objects.filter(key__in=rows).values_list("key", flat=True))
    fresh = [(key, payload) for key, payload in rows.items() if key not in rung]
    if fresh:
        with transaction.atomic():
            work.enqueue_many(PUBLISH_KIND, fresh)
    return len(fresh)


@transaction.atomic
def publish_scheduled(review: Review, *, batch: str) -> Release | None:
    """Publish one review whose time has come, for the person who scheduled it.

    Everything is checked again; what stands in the way suspends it and is told. None then,
    and where it is no longer waiting in that batch: asking twice publishes once.
    """
    review = hold(review)
    waits = review.stage == ReviewStage.SCHEDULED and str(review.schedule_batch) == batch
    if not waits or review.publish_at is None or review.publish_at > timezone.now():
        return None
    if timezone.now() - review.publish_at > LATEST:
        _suspend(
            review,
            "Its time passed more than 24 hours ago while the product was not running. It was "
            "not published late without being asked.",
        )
        return None
    assert review.scheduled_by is not None  # a constraint of the table
    try:
        with transaction.atomic():
            return publish(
                review, by=review.scheduled_by, acknowledged=review.schedule_acknowledged
            )
    except REFUSALS as why:
        _suspend(review, str(why))
        return None


@transaction.atomic
def give_up_publishing(review: Review, *, batch: str) -> None:
    """The publish failed for no reason of its own: suspend it and say so."""
    review = hold(review)
    if review.stage == ReviewStage.SCHEDULED and str(review.schedule_batch) == batch:
        _suspend(review, GIVEN_UP)


@transaction.atomic
def _schedule(
    review: Review, at: dt.datetime, by: User, acknowledged: bool, batch: uuid.UUID
) -> Review:
    review = hold(review)
    require(by, "release", review.variant.tenant)
    _refuse_stage(review, ReviewStage.APPROVED)
    _refuse_on_track(review)
    found = against_release(blockers(review.revision), acknowledged=acknowledged)
    if found:
        raise Blocked(found)
    return move(
        review, ReviewStage.SCHEDULED, by=by, why=f"For {moment(timezone.localtime(at))}",
        publish_at=at, scheduled_by=by, schedule_batch=batch, schedule_acknowledged=acknowledged,
        suspended_why="",
    )  # fmt: skip


def _suspend(review: Review, why: str) -> None:
    """Out of the schedule, approved as before; author and scheduler read why."""
    people, when = people_of(review), review.publish_at
    review = move(review, ReviewStage.APPROVED, by=None, why=why, suspended_why=why, **UNSCHEDULED)
    tell_of(
        review, f"review:{review.pk}:suspended:{when:%Y%m%dT%H%M%S}", "review.suspended",
        people, subject="Not published as scheduled", body=why,
    )  # fmt: skip


def _refuse_time(at: dt.datetime) -> None:
    now = timezone.now()
    if at <= now:
        raise Blocked([Blocker("time", "That time has passed.", "Choose a later one.")])
    if at > now + FARTHEST:
        raise Blocked(
            [
                Blocker(
                    "time", f"That is more than {FARTHEST.days} days ahead.",
                    "Choose an earlier time: what was measured today says little by then.",
                )
            ]
        )  # fmt: skip


def _refuse_stage(review: Review, stage: ReviewStage) -> None:
    if review.stage != stage:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}”, not “{stage.label}”. Reload the page."
        )


def _refuse_on_track(review: Review) -> None:
    if review.revision.tracks.filter(closed_at__isnull=True).exists():
        words = "This revision is part of a migration or roll-out."
        raise Blocked([Blocker("track", words, "Cut it over from its track.")])
