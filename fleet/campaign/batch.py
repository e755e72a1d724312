"""Acts on many tracks at once: each is done alone, and what was left says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from fleet.campaign.actions import (
    Outcome,
    approve_batch,
    defer,
    exempt,
    pause,
    queue_cut_overs,
    re_evaluate,
    record_sign_off,
    resume,
    schedule,
    take_in_again,
    unschedule,
)
from fleet.campaign.actions.assigning import set_owner
from fleet.campaign.actions.plan_rows import CannotPlan
from fleet.campaign.actions.waves import assign_wave
from fleet.campaign.models import SignOffDecision, Track
from fleet.review.actions import AlreadyDecided, Blocked
from registry import events, work
from registry.border import UnusableText
from registry.models import User, WorkItem, WorkState
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove

REFUSALS = (Blocked, AlreadyDecided, NotAllowed, IllegalMove, UnusableText, CannotPlan)
"""What an act on one track may answer instead of doing it."""

Run = Callable[[Sequence[Track], User, dict[str, Any]], Outcome]
"""Tracks, who asks, what they typed."""


def each(act: Callable[[Track, User, dict[str, Any]], object]) -> Run:
    """Do `act` for each track in a transaction of its own."""

    def run(tracks: Sequence[Track], by: User, typed: dict[str, Any]) -> Outcome:
        outcome = Outcome([], [])
        for track in tracks:
            try:
                with transaction.atomic():
                    act(track, by, typed)
                outcome.done.append(track)
            except REFUSALS as why:
                outcome.left.append((track, str(why)))
        return outcome

    return run


def approve(tracks: Sequence[Track], by: User, typed: dict[str, Any]) -> Outcome:
    """One decision over the repins among them."""
    return approve_batch(tracks, by=by, reason=typed["why"], batch=typed.get("batch"))


@each
def sign_off(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Record one customer answer that covers many tracks, for each track alone."""
    said = {name: typed[name] for name in ("contact_name", "reference")}
    record_sign_off(track, decision=SignOffDecision.APPROVED, by=by, **said)


def cut_over(tracks: Sequence[Track], by: User, typed: dict[str, Any]) -> Outcome:
    """Hand them to the workers, who check each again under lock."""
    queue_cut_overs(tracks, by=by)
    return Outcome(list(tracks), [])


@each
def schedule_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """At the time named, or at its next opening."""
    schedule(track, at=typed["at"], by=by)


@each
def unschedule_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Take its time away."""
    unschedule(track, by=by, why=typed["why"])


@each
def pause_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Hold it still."""
    pause(track, by=by, why=typed["why"])


@each
def resume_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Let it go on."""
    resume(track, by=by)


@each
def re_evaluate_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Measure it again."""
    re_evaluate(track, by=by)


@each
def defer_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Leave it where it is until a day."""
    defer(track, until=typed["until"], by=by, why=typed["why"])


@each
def exempt_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Leave it out for good."""
    exempt(track, by=by, why=typed["why"])


@each
def take_in_each(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Begin with it again."""
    take_in_again(track, by=by)


@each
def try_again(track: Track, by: User, typed: dict[str, Any]) -> None:
    """Give the work that was given up for it a fresh set of attempts."""
    require(by, "run_evals", track.variant.tenant)
    dead = WorkItem.objects.filter(state=WorkState.DEAD, payload__track=str(track.pk))
    items = list(dead.order_by("pk"))
    if not items:
        raise AlreadyDecided("Nothing of it was given up.")
    for item in items:
        work.try_again(item)
    track.save(update_fields=["changed_at"])
    events.record("track.tried_again", track, by)


def own(tracks: Sequence[Track], by: User, typed: dict[str, Any]) -> Outcome:
    """Say who brings them home."""
    return _together(
        tracks, lambda all_of: set_owner(all_of[0].campaign, all_of, typed["owner"], by=by)
    )


def wave(tracks: Sequence[Track], by: User, typed: dict[str, Any]) -> Outcome:
    """Put them into a wave, or into none."""
    return _together(
        tracks, lambda all_of: assign_wave(all_of[0].campaign, all_of, typed["wave"], by=by)
    )


def _together(tracks: Sequence[Track], act: Callable[[list[Track]], int]) -> Outcome:
    """One statement over all of them; what one refuses, all are left for."""
    if not tracks:
        return Outcome([], [])
    try:
        act(list(tracks))
    except CannotPlan as why:
        return Outcome([], [(track, str(why)) for track in tracks])
    return Outcome(list(tracks), [])
