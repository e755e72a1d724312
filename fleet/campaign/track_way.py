"""The way of one track, step by step, with dates and people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fleet.campaign.actions import ROLLED_BACK
from fleet.campaign.models import SignOff, SignOffDecision, Track, TrackStage
from fleet.campaign.times import clock
from fleet.release.plan import due_at, read_plan
from fleet.review.models import Approval, Decision
from registry.days import day
from registry.models import Event


@dataclass(frozen=True)
class Step:
    """One step of the way: `state` is done, here, bad or ahead; `said` what is known of it."""

    name: str
    state: str
    when: dt.datetime | None = None
    who: str = ""
    said: str = ""


def steps(
    track: Track, events: Iterable[Event], approvals: Iterable[Approval],
    sign_offs: Iterable[SignOff],
) -> list[Step]:  # fmt: skip
    """The way from opening to done; a track that left it says so at its end."""
    last = {event.verb: event for event in reversed(list(events))}
    return [
        _event_step("Opened", last.get("track.opened"), True),
        _measured(track, last),
        _approved(approvals),
        _signed(track, sign_offs),
        *_moved(track, last),
    ]


def _measured(track: Track, last: dict[str, Event]) -> Step:
    if track.stage in (TrackStage.QUEUED, TrackStage.EVALUATING):
        return Step("Evaluating", "here")
    is_bad = track.stage == TrackStage.NEEDS_WORK and not _fell_back(track)
    if is_bad or not _passed(track):
        return _event_step("Needs work", last.get("track.needs_work"), False, bad=is_bad)
    return _event_step("Evaluated", last.get("track.awaiting_sign_off"), True)


def _fell_back(track: Track) -> bool:
    """Whether it needs work because it was rolled back, and nothing was done about it since."""
    return track.stage == TrackStage.NEEDS_WORK and track.held_why.startswith(ROLLED_BACK)


def _passed(track: Track) -> bool:
    """Whether its evidence will do: a go, or a risk that somebody took."""
    verdict = getattr(track.run, "verdict", None)
    return verdict is not None and (verdict.kind == "go" or hasattr(track.run, "accepted_risk"))


def _approved(approvals: Iterable[Approval]) -> Step:
    given = next((one for one in approvals if one.decision == Decision.APPROVE), None)
    if given is None:
        return Step("Approval", "ahead")
    return Step("Approved", "done", given.at, given.by.display_name)


def _signed(track: Track, sign_offs: Iterable[SignOff]) -> Step:
    if not track.needs_sign_off:
        return Step("No sign-off", "done", said=track.sign_off_exempt_why)
    given = (one for one in sign_offs if one.decision == SignOffDecision.APPROVED)
    signed = next((one for one in given if one.revision_id == track.revision_id), None)
    if signed is not None and track.stage != TrackStage.AWAITING_SIGN_OFF:
        return Step("Signed off", "done", signed.at, signed.contact_name)
    return Step("Sign-off", "here" if track.stage == TrackStage.AWAITING_SIGN_OFF else "ahead")


ENDS = {
    TrackStage.ROLLED_BACK: ("Rolled back", True),
    TrackStage.EXEMPT: ("Exempt", False),
    TrackStage.CANCELLED: ("Cancelled", False),
}
"""Stages in which a track left its way: what its last step says, and whether that is bad."""


def _moved(track: Track, last: dict[str, Event]) -> Sequence[Step]:
    if track.stage in ENDS:
        name, bad = ENDS[TrackStage(track.stage)]
        return [_event_step(name, last.get(f"track.{track.stage}"), False, bad=bad)]
    if _fell_back(track):
        back = _event_step("Rolled back", last.get("track.rolled_back"), False, bad=True)
        return [back, Step("Watch", "ahead")]
    if track.stage == TrackStage.DEFERRED and track.deferred_until is not None:
        return [Step("Deferred", "here", said=f"until {day(track.deferred_until)}")]
    if not track.is_serving:
        return [_cutover_ahead(track), Step("Watch", "ahead")]
    live = Step("Cut over", "done", track.cut_over_at, _actor(last.get("track.cut_over")))
    if track.stage == TrackStage.DONE:
        return [live, _event_step("Done", last.get("track.done"), True)]
    until = f"until {clock(track.watch_until, zone_of(track))}" if track.watch_until else ""
    state = "bad" if track.held_why else "here"
    return [live, Step("Being watched", state, said=until)]


def _cutover_ahead(track: Track) -> Step:
    release = track.release
    if track.stage == TrackStage.CANARY and release is not None and release.step_at is not None:
        over = due_at(read_plan(release.plan), release.step, release.step_at)
        said = f"{release.share * 100:.4g} % of sessions, soaks until {clock(over, zone_of(track))}"
        return Step("Canary", "bad" if track.held_why else "here", said=said)
    if track.due_at is not None:
        return Step("Scheduled", "here", said=clock(track.due_at, zone_of(track)))
    return Step("Cutover", "here" if track.stage == TrackStage.SIGNED_OFF else "ahead")


def zone_of(track: Track) -> str | None:
    """The customer's time zone; None for the platform default, which is read as UTC."""
    tenant = track.variant.tenant
    return tenant.timezone if tenant is not None else None


def _event_step(name: str, event: Event | None, done: bool, bad: bool = False) -> Step:
    state = "bad" if bad else "done" if done else "ahead"
    if event is None:
        return Step(name, state)
    return Step(name, state, event.at, _actor(event))


def _actor(event: Event | None) -> str:
    return event.actor.display_name if event is not None and event.actor else ""
