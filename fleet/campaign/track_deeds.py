"""What a posted act on a track asks for, read from its form, and the action that does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from fleet.campaign.actions import (
    accept_risk,
    defer,
    exempt,
    finish_watch,
    pause,
    resume,
    schedule,
    take_canary_on,
    take_in_again,
    unschedule,
)
from fleet.campaign.models import Track
from fleet.campaign.times import zone_or_utc
from fleet.campaign.track_way import zone_of
from registry import border, work
from registry.models import User, WorkItem, WorkState
from registry.roles import require

Given = Mapping[str, str]


class UnusableChoice(ValueError):
    """The form holds no time or day that can be used; the message says what to choose."""


def time_given(given: Given, track: Track) -> dt.datetime | None:
    """The moment chosen on the customer's clock; None for the next opening.

    Raises UnusableChoice.
    """
    if given.get("when", "opening") != "at":
        return None
    try:
        moment = dt.datetime.fromisoformat(given.get("at", ""))
    except ValueError:
        raise UnusableChoice("Choose a day and a time for the cutover.") from None
    if moment.tzinfo is not None:
        raise UnusableChoice("Give the time on the customer's clock, without a zone.")
    local = moment.replace(tzinfo=zone_or_utc(zone_of(track)))
    exists = local.astimezone(dt.UTC).astimezone(local.tzinfo).replace(tzinfo=None) == moment
    if not exists:
        raise UnusableChoice("That time does not exist: the clocks go forward. Choose another.")
    return local


def day_given(given: Given) -> dt.date:
    """The day until which a track is deferred. Raises UnusableChoice."""
    try:
        return dt.date.fromisoformat(given.get("until", ""))
    except ValueError:
        raise UnusableChoice("Choose the day on which it begins again.") from None


def _why(given: Given) -> str:
    why = given.get("why", "")
    border.check(why)
    return why


def _try_again(track: Track, given: Given, by: User) -> None:
    require(by, "run_evals", track.variant.tenant)
    for item in WorkItem.objects.filter(state=WorkState.DEAD, payload__track=str(track.pk)):
        work.try_again(item)


Deed = Callable[[Track, Given, User], Any]

ACTS: dict[str, tuple[Deed, str]] = {
    "schedule": (
        lambda track, given, by: schedule(track, at=time_given(given, track), by=by),
        "{name} has its time.",
    ),
    "unschedule": (
        lambda track, given, by: unschedule(track, by=by, why=_why(given)),
        "{name} waits for a new time.",
    ),
    "canary-on": (
        lambda track, given, by: take_canary_on(track, by=by),
        "Done. No other variant was touched.",
    ),
    "finish-watch": (
        lambda track, given, by: finish_watch(track, by=by, why=_why(given)),
        "The watch over {name} is over.",
    ),
    "accept-risk": (
        lambda track, given, by: accept_risk(track, by=by, reason=_why(given)),
        "Accepted. {name} is asked next.",
    ),
    "pause": (
        lambda track, given, by: pause(track, by=by, why=_why(given)),
        "{name} is paused.",
    ),
    "resume": (lambda track, given, by: resume(track, by=by), "{name} goes on."),
    "defer": (
        lambda track, given, by: defer(track, until=day_given(given), by=by, why=_why(given)),
        "{name} is deferred.",
    ),
    "exempt": (
        lambda track, given, by: exempt(track, by=by, why=_why(given)),
        "{name} is left out.",
    ),
    "take-in": (
        lambda track, given, by: take_in_again(track, by=by),
        "{name} begins again.",
    ),
    "try-again": (_try_again, "It is tried again."),
}
"""Name in the address -> what it does, and what is said afterwards."""
