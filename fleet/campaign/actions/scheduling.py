"""Give a signed track its time: the next opening of its customer's window, or one by hand."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from fleet.campaign.actions.signing import refuse_unsigned
from fleet.campaign.actions.tracks import lock_track, refuse_idle, step, wrong_stage
from fleet.campaign.models import Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from fleet.window.of import blackouts_of, window_of, zone_of
from fleet.window.opening import UnknownZone, is_open, next_opening
from registry import events
from registry.models import User
from registry.roles import require

LATE = dt.timedelta(minutes=30)
"""A cutover that could not be made at its time is still made so much later; after that it waits
for the next opening, where its window has closed meanwhile."""

FARTHEST = dt.timedelta(days=730)
"""No cutover is planned for later: a year that was mistyped is found at once."""


@transaction.atomic
def schedule(track: Track, *, at: dt.datetime | None, by: User) -> Track:
    """Cut it over at `at`, or at its next opening; everything is checked again at that time.

    By its window, its blackout days and the day its wave starts on, unless a time is named: a
    person may choose any that is ahead. Raises NotAllowed, Blocked.
    """
    require(by, "release", track.variant.tenant)
    track = lock_track(track)
    if track.stage not in (TrackStage.SIGNED_OFF, TrackStage.SCHEDULED):
        raise wrong_stage(track)
    refuse_idle(track)
    refuse_unsigned(track)
    when = _checked(at) if at is not None else _next(track, after=timezone.now())
    return _set(track, when, by=by, person=by)


def _checked(at: dt.datetime) -> dt.datetime:
    """A time that a person named. Raises Blocked."""
    ahead = at - timezone.now()
    if ahead <= dt.timedelta(0):
        raise Blocked([Blocker("time", "That time has passed.", "Name one that is ahead.")])
    if ahead > FARTHEST:
        raise Blocked([Blocker("time", "That is over two years ahead.", "Defer it instead.")])
    return at


@transaction.atomic
def unschedule(track: Track, *, by: User, why: str = "") -> Track:
    """Take its time away; it stays signed. Raises NotAllowed, Blocked."""
    require(by, "release", track.variant.tenant)
    track = lock_track(track)
    if track.stage != TrackStage.SCHEDULED:
        raise wrong_stage(track)
    return step(
        track, TrackStage.SIGNED_OFF, by=by, why=why, scheduled_for=None, scheduled_by=None
    )  # fmt: skip


def has_missed(track: Track) -> bool:
    """Whether its time went by unused and its window is closed by now."""
    now, tenant = timezone.now(), track.variant.tenant
    if track.scheduled_for is None or now - track.scheduled_for <= LATE:
        return False
    try:
        return not is_open(
            window_of(tenant), zone=zone_of(tenant), at=now, blackouts=blackouts_of(tenant)
        )
    except UnknownZone:
        return True


def put_off(track: Track) -> Track:
    """Give a held track that missed its time the next opening instead."""
    when = _next(track, after=timezone.now())
    return _set(track, when, by=None, person=track.scheduled_by, why="Its window had closed.")


def _set(
    track: Track, when: dt.datetime, *, by: User | None, person: User | None, why: str = ""
) -> Track:
    """Write the time; a track that had one already keeps its stage and counts the change."""
    if track.stage == TrackStage.SIGNED_OFF:
        times = {"scheduled_for": when, "scheduled_by": person}
        return step(track, TrackStage.SCHEDULED, by=by, why=why, **times)
    track.scheduled_for, track.scheduled_by = when, person
    track.moves += 1
    track.held_why = ""
    track.save(update_fields=["scheduled_for", "scheduled_by", "moves", "held_why", "changed_at"])
    events.record("track.rescheduled", track, by, why, at=when.isoformat())
    return track


def _next(track: Track, *, after: dt.datetime) -> dt.datetime:
    tenant = track.variant.tenant
    try:
        found = next_opening(
            window_of(tenant), zone=zone_of(tenant), after=after, blackouts=blackouts_of(tenant),
            not_before=track.wave.starts_on if track.wave else None,
        )  # fmt: skip
    except UnknownZone as unknown:
        raise Blocked([Blocker("zone", str(unknown), "Mend the customer's time zone.")]) from None
    if found is None:
        words = "Its window does not open within a year."
        raise Blocked([Blocker("window", words, "Change its window or its blackout days.")])
    return found
