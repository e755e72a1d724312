"""Make what a campaign brings live for one variant: by canary, or for all at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from fleet.campaign import telling
from fleet.campaign.actions.scheduling import has_missed, put_off
from fleet.campaign.actions.signing import UNSIGNED, refuse_unsigned
from fleet.campaign.actions.tracks import (
    finish_if_through,
    lock_track,
    pause_of,
    refuse_idle,
    step,
    wrong_stage,
)
from fleet.campaign.models import CampaignStage, Track, TrackStage
from fleet.release import actions as release_actions
from fleet.release.actions import canary
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.plan import due_at, read_plan
from fleet.review.actions import AlreadyDecided, Blocked
from fleet.review.models import UNDER_WAY, ReviewStage
from registry import events, work
from registry.models import User, VariantStage
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove, move

CUT_OVER_KIND = "cut_over_track"

READY = (TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)
"""Stages from which a track may be cut over."""


@transaction.atomic
def cut_over(track: Track, *, by: User) -> Release:
    """Begin the canary of what the campaign brings, or make it live for this one variant.

    Everything is checked again under lock: the blockers, and that the customer signed
    exactly this text, model and evidence. Raises Blocked, NotAllowed, IllegalMove.
    """
    variant = release_actions.lock(track.variant)
    require(by, "release", variant.tenant)
    track = lock_track(track)
    if track.stage not in READY:
        raise wrong_stage(track)
    refuse_idle(track)
    refuse_unsigned(track)
    reason = f"Cutover to {track.campaign.goal}"
    if track.campaign.plan and variant.stage == VariantStage.ACTIVE:
        release = canary.begin(
            variant, track.revision, by=by, plan=read_plan(track.campaign.plan),
            by_time=track.campaign.by_time, acknowledged=True, reason=reason, from_track=True,
        )  # fmt: skip
        step(track, TrackStage.CANARY, by=by, release=release)
        return release
    release_actions.refuse_blocked(track.revision, acknowledged=True)
    review = getattr(track.revision, "review", None)
    if review is not None and review.stage in UNDER_WAY:
        move(review, ReviewStage.PUBLISHED, by=by)
    release = release_actions.switch(
        variant, track.revision, kind=ReleaseKind.PROMOTED, by=by, reason=reason
    )
    _is_live(track, release, by=by)
    return release


@transaction.atomic
def take_canary_on(track: Track, *, by: User) -> Release:
    """Give a track's canary its next share, after the last step all callers; soaked or not.

    Raises Blocked, NotAllowed, AlreadyDecided.
    """
    variant = release_actions.lock(track.variant)
    require(by, "release", variant.tenant)
    track, release = _canary_of(track)
    refuse_idle(track)
    return _take_on(track, release, by=by)


@transaction.atomic
def cut_over_at_its_time(track: Track) -> None:
    """Cut a scheduled track over in the name of whoever scheduled it, if its time has come.

    What missed its window gets the next opening; what is refused is a person's turn again,
    and they are told.
    """
    release_actions.lock(track.variant)
    track = lock_track(track)
    if track.stage != TrackStage.SCHEDULED or _rests(track):
        return
    if track.scheduled_for is None or track.scheduled_for > timezone.now():
        return
    person = track.scheduled_by
    assert person is not None, "held by scheduled_track_has_time_and_person"
    try:
        with transaction.atomic():
            if has_missed(track):
                put_off(track)
            else:
                cut_over(track, by=person)
    except (Blocked, NotAllowed, IllegalMove, AlreadyDecided) as why:
        hand_back(track, why)


@transaction.atomic
def take_canary_on_in_time(track: Track) -> None:
    """Take a track's canary on when its soak time is over; held while anything stands against it.

    A canary that somebody stopped on its own page gives the track back to people.
    """
    release_actions.lock(track.variant)
    track = lock_track(track)
    if track.stage != TrackStage.CANARY or track.release is None:
        return
    track, release = _canary_of(track, running=False)
    if release.stage != Stage.CANARY:
        step(track, TrackStage.NEEDS_WORK, by=None, why="Its canary was stopped.", release=None)
        return
    over = due_at(read_plan(release.plan), release.step, release.step_at or timezone.now())
    if _rests(track) or not track.campaign.by_time or over > timezone.now():
        return
    try:
        with transaction.atomic():
            require(release.released_by, "release", track.variant.tenant)
            _take_on(track, release, by=None)
    except (Blocked, NotAllowed, AlreadyDecided) as why:
        hold_back(track, str(why))


def hand_back(track: Track, why: Exception) -> None:
    """The cutover that was due did not happen: it is signed still, and somebody's turn."""
    unsigned = isinstance(why, Blocked) and any(one.code == UNSIGNED for one in why.reasons)
    goal = TrackStage.AWAITING_SIGN_OFF if unsigned else TrackStage.SIGNED_OFF
    person = track.scheduled_by
    step(track, goal, by=None, why=f"Cutover was refused: {why}", held_why=str(why))
    events.record("track.cut_over_refused", track, None, str(why))
    telling.cut_over_refused(track, person, str(why))


def hold_back(track: Track, why: str) -> None:
    """Note once what keeps a step back that is tried again by itself, and tell people."""
    if track.held_why == why:
        return
    track.held_why = why
    track.save(update_fields=["held_why", "changed_at"])
    events.record("track.held", track, None, why)
    telling.held(track, why)


def note_refusal(track: Track, *, by: User, why: str) -> None:
    """Put on the timeline why a cutover that was asked for did not happen.

    It counts as a change of the track: asking again is a new errand, not the old one.
    """
    track.held_why = why
    track.save(update_fields=["held_why", "changed_at"])
    events.record("track.cut_over_refused", track, by, why)


def queue_cut_overs(tracks: Iterable[Track], *, by: User) -> int:
    """Hand many cutovers to the workers; each is checked and switched alone."""
    require(by, "release")
    rows = [
        (f"cutover:{track.pk}:{track.revision_id}:{track.changed_at.isoformat()}",
         {"track": str(track.pk), "by": by.pk})
        for track in tracks
    ]  # fmt: skip
    with transaction.atomic():
        work.enqueue_many(CUT_OVER_KIND, rows)
    return len(rows)


def _canary_of(track: Track, *, running: bool = True) -> tuple[Track, Release]:
    """The track and its canary, both held. AlreadyDecided where it does not run any more."""
    track = lock_track(track)
    found = Release.objects.select_related("revision", "variant", "experiment", "released_by")
    release = found.filter(pk=track.release_id).first() if track.release_id else None
    is_running = track.stage == TrackStage.CANARY and release and release.stage == Stage.CANARY
    if release is None or (running and not is_running):
        raise AlreadyDecided("Its canary does not run any more.")
    release.variant = track.variant
    return track, release


def _take_on(track: Track, release: Release, *, by: User | None) -> Release:
    refuse_unsigned(track)
    canary.recheck(release, acknowledged=True, from_track=True)
    if release.step + 1 < len(release.plan):
        release = canary.widen(release, by=by)
        track.held_why = ""
        track.save(update_fields=["held_why", "changed_at"])
        return release
    release = canary.go_live(release, by=by, reason=f"Cutover to {track.campaign.goal}")
    _is_live(track, release, by=by)
    return release


def _is_live(track: Track, release: Release, *, by: User | None) -> None:
    """All callers get it: its watch begins, or the track is done where none is wanted."""
    now = timezone.now()
    track = step(track, TrackStage.CUT_OVER, by=by, release=release, cut_over_at=now)
    if not track.campaign.watch_hours:
        step(track, TrackStage.DONE, by=by, closed_at=now)
        finish_if_through(track.campaign, by=by)


def _rests(track: Track) -> bool:
    return track.campaign.stage != CampaignStage.RUNNING or pause_of(track) is not None
