"""What the page of one track shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from fleet.campaign.actions import signing_capability
from fleet.campaign.forms import SignOffForm
from fleet.campaign.models import (
    SERVING,
    Campaign,
    Cause,
    SignOff,
    SignOffDecision,
    Track,
    TrackStage,
)
from fleet.campaign.rows import make_rows, tracks_of
from fleet.review.behaviour import evidence
from fleet.review.blockers import Blocker, blockers
from fleet.review.models import Approval, Decision
from fleet.review.words import others_stay
from registry.models import Event, Revision, User

SENTENCES = {
    "track.opened": "put this variant on the board",
    "track.evaluating": "sent it to be evaluated",
    "track.needs_work": "found that it needs work",
    "track.overlay_breaks": "found that its overlay breaks",
    "track.awaiting_sign_off": "asked for the customer's sign-off",
    "track.signed_off": "recorded the customer's sign-off",
    "track.cut_over": "cut it over",
    "track.cut_over_refused": "asked for the cutover, which was refused",
    "track.rolled_back": "rolled it back",
    "track.cancelled": "cancelled it",
}
"""Event verb -> the deed, after the name of who did it."""

_FINAL = {*SERVING, TrackStage.ROLLED_BACK, TrackStage.CANCELLED}


@dataclass(frozen=True)
class Step:
    """One step of the way: `state` is done, here, bad or ahead."""

    name: str
    state: str
    when: dt.datetime | None = None
    who: str = ""


def context(user: User, track: Track) -> dict[str, Any]:
    """Steps, what blocks, evidence, sign-offs, and which acts this person may do."""
    [row] = make_rows(tracks_of(user).filter(pk=track.pk))
    track = row.track
    events = list(_events(track))
    approvals = list(Approval.objects.filter(revision=track.revision).select_related("by"))
    sign_offs = list(track.sign_offs.select_related("recorded_by", "revision", "run"))
    return {
        "track": track,
        "row": row,
        "stands_on": [stands_on(track.campaign, one) for one in (track.baseline, track.revision)],
        "steps": steps(track, events, approvals, sign_offs),
        "events": [_entry(event) for event in events],
        "blockers": _blockers(track),
        "sign_offs": sign_offs,
        "approvals": approvals,
        **evidence(track.run),
        **_acts(user, track),
    }


def stands_on(campaign: Campaign, revision: Revision) -> str:
    """What a revision stands on, as far as the campaign is about it."""
    if campaign.cause == Cause.BASE:
        return f"base {revision.base_version.semver}"
    if campaign.cause == Cause.POLICY:
        return f"policy {revision.policy_version.number}"
    return str(revision.model_target)


def steps(
    track: Track, events: Iterable[Event], approvals: Iterable[Approval],
    sign_offs: Iterable[SignOff],
) -> list[Step]:  # fmt: skip
    """The way from opening to cutover, with dates and people."""
    last = {event.verb: event for event in reversed(list(events))}
    given = next((a for a in approvals if a.decision == Decision.APPROVE), None)
    signed = next(
        (
            s for s in sign_offs
            if s.decision == SignOffDecision.APPROVED and s.revision_id == track.revision_id
        ),
        None,
    )  # fmt: skip
    outcome = "track.awaiting_sign_off" if _is_go(track) else "track.needs_work"
    judged = None if _evaluated(track) == "Evaluating" else last.get(outcome)
    return [
        _event_step("Opened", last.get("track.opened"), True),
        _event_step(_evaluated(track), judged, _is_go(track), bad=_is_bad(track)),
        Step("Approved", "done", given.at, given.by.display_name) if given
        else Step("Approval", "ahead"),
        Step("Signed off", "done", signed.at, signed.contact_name) if signed
        else Step("Sign-off", "here" if track.stage == TrackStage.AWAITING_SIGN_OFF else "ahead"),
        _last_step(track, last),
    ]  # fmt: skip


def _last_step(track: Track, last: dict[str, Event]) -> Step:
    if track.stage == TrackStage.ROLLED_BACK:
        return _event_step("Rolled back", last.get("track.rolled_back"), False, bad=True)
    if track.is_serving:
        return _event_step("Cut over", last.get("track.cut_over"), True)
    if track.stage == TrackStage.CANCELLED:
        return _event_step("Cancelled", last.get("track.cancelled"), False)
    ready = track.stage == TrackStage.SIGNED_OFF
    return Step("Cutover", "here" if ready else "ahead")


def _is_go(track: Track) -> bool:
    return getattr(getattr(track.run, "verdict", None), "kind", "") == "go"


def _is_bad(track: Track) -> bool:
    return track.stage == TrackStage.NEEDS_WORK


def _evaluated(track: Track) -> str:
    if track.stage in (TrackStage.QUEUED, TrackStage.EVALUATING):
        return "Evaluating"
    return "Evaluated" if _is_go(track) else "Needs work"


def _event_step(name: str, event: Event | None, done: bool, bad: bool = False) -> Step:
    state = "bad" if bad else "done" if done else "ahead"
    if event is None:
        return Step(name, state)
    return Step(name, state, event.at, event.actor.display_name if event.actor else "")


def _events(track: Track) -> Iterable[Event]:
    found = Event.objects.filter(subject_type="track", subject_id=str(track.pk))
    return found.select_related("actor").order_by("-id")


def _entry(event: Event) -> dict[str, Any]:
    """An event as the timeline shows it."""
    return {
        "when": event.at,
        "who": event.actor.display_name if event.actor else "",
        "sentence": SENTENCES.get(event.verb, event.verb.replace("_", " ")),
        "why": event.why,
        "state": "rejected" if event.verb.endswith("refused") else event.verb.partition(".")[2],
    }


def _blockers(track: Track) -> list[Blocker]:
    """What the release asks for; a track that is over asks for nothing."""
    if track.stage in _FINAL:
        return []
    found = [blocker for blocker in blockers(track.revision) if blocker.weight != "acknowledge"]
    if track.stage != TrackStage.SIGNED_OFF:
        name = track.variant.tenant_name
        remedy = "Send them the evidence, then record their answer here."
        found.append(Blocker("sign_off", f"{name} has not signed.", remedy, "approval"))
    return found


def _acts(user: User, track: Track) -> dict[str, Any]:
    """Which buttons are there. The actions check again."""
    running = track.closed_at is None
    evaluable = TrackStage.EVALUATING in Track.ARROWS[TrackStage(track.stage)]
    name, stay = track.variant.tenant_name, others_stay(track.variant)
    old, new = track.baseline, track.revision
    on_old, on_new = stands_on(track.campaign, old), stands_on(track.campaign, new)
    return {
        "may_re_evaluate": running
        and evaluable
        and not track.does_not_fit
        and user.has_perm("registry.run_evals"),
        "may_edit": running and evaluable and user.has_perm("registry.author_overlay"),
        "may_sign_off": track.stage == TrackStage.AWAITING_SIGN_OFF
        and user.has_perm(f"registry.{signing_capability(track.variant)}"),
        "may_cut_over": track.stage == TrackStage.SIGNED_OFF and user.has_perm("registry.release"),
        "may_roll_back": track.is_serving and user.has_perm("registry.roll_back"),
        "sign_off_form": SignOffForm(track),
        "roll_back_text": f"Roll back {name} to revision {old.number} on {on_old}. {stay}",
        "cut_over_text": f"{name} moves from revision {old.number} on {on_old} to "
        f"revision {new.number} on {on_new} for all callers. {stay}",
        "roll_back_heading": f"Roll back {name}?",
        "old_title": f"Old: revision {old.number} on {on_old}",
        "new_title": f"New: revision {new.number} on {on_new}",
        "urls": {
            act.replace("-", "_"): reverse(f"track-{act}", args=[track.pk])
            for act in ("re-evaluate", "sign-off", "cut-over", "roll-back")
        },
    }
