"""What the page of one track shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from fleet.campaign.actions import signing_capability
from fleet.campaign.actions.cutover import READY
from fleet.campaign.actions.signing import standing_sign_off
from fleet.campaign.forms import SignOffForm
from fleet.campaign.models import SERVING, SignOff, SignOffDecision, Track, TrackStage
from fleet.campaign.rows import make_rows, tracks_of
from fleet.campaign.track_acts import acts_of, origin_of, pause_words, stands_on
from fleet.campaign.track_story import events_of, timeline
from fleet.campaign.track_way import steps
from fleet.campaign.way_out import WayOut, way_out
from fleet.feedback import panel as feedback
from fleet.ledger import panel as ledger
from fleet.letter import panel as letters
from fleet.review.behaviour import evidence
from fleet.review.blockers import Blocker, blockers
from fleet.review.models import Approval
from fleet.review.words import others_stay
from fleet.signoff import panel as signoff
from fleet.window.now import now_in_words
from fleet.window.of import window_of
from fleet.window.words import in_words
from registry.models import User, WorkItem, WorkState

TOLD = "Its owners are told, and the customer's contacts who were written to about the change."
"""What a rollback sends by itself."""

_FINAL = {
    *SERVING, TrackStage.ROLLED_BACK, TrackStage.EXEMPT, TrackStage.DEFERRED, TrackStage.CANCELLED,
}  # fmt: skip


def context(user: User, track: Track) -> dict[str, Any]:
    """Steps, what blocks, evidence, sign-offs, and which acts this person may do."""
    [row] = make_rows(tracks_of(user).select_related("release", "owner").filter(pk=track.pk))
    track = row.track
    events = events_of(track)
    approvals = list(Approval.objects.filter(revision=track.revision).select_related("by"))
    sign_offs = list(track.sign_offs.select_related("recorded_by", "revision", "run"))
    window = _window(track)
    return {
        "track": track,
        "row": row,
        "stands_on": [stands_on(track.campaign, one) for one in (track.baseline, track.revision)],
        "steps": steps(track, events, approvals, sign_offs),
        "events": timeline(track, events),
        "blockers": _blockers(track, sign_offs),
        "window": window,
        "pause": pause_words(track),
        "dead": _given_up(track),
        "approvals": approvals,
        "letters": letters.track_panel(track, user),
        "answers": signoff.track_panel(track, user),
        "feedback": feedback.track_panel(track, user),
        **ledger.track_panel(track, user),
        **evidence(track.run),
        **_acts(user, track, window.get("now", "")),
        **acts_of(user, track),
    }


def _window(track: Track) -> dict[str, str]:
    """When its customer may be cut over, in words; empty for the platform default."""
    tenant = track.variant.tenant
    if tenant is None:
        return {}
    first = track.wave.starts_on if track.wave else None
    return {
        "words": in_words(window_of(tenant)), "zone": tenant.timezone,
        "now": now_in_words(tenant, at=timezone.now(), not_before=first),
    }  # fmt: skip


def reopened(
    context: dict[str, Any], slug: str, typed: Mapping[str, str], why: str
) -> dict[str, Any]:
    """The sheet of an act that was refused, open again with what was typed and why not.

    Empty where the act is not offered any more: then the page says it at its top.
    """
    acts = {
        part: [
            replace(act, error=why, typed=typed.get("why", "")) if act.id == slug else act
            for act in context[part]
        ]
        for part in ("main_acts", "more_acts")
    }
    offered = any(act.error for found in acts.values() for act in found)
    return {**acts, "typed": typed, "refusal": None} if offered else {}


def _given_up(track: Track) -> list[WorkItem]:
    """Work on this track that failed each time and waits for a person."""
    return list(
        WorkItem.objects.filter(state=WorkState.DEAD, payload__track=str(track.pk)).order_by("pk")
    )


def _blockers(track: Track, sign_offs: Sequence[SignOff]) -> list[Blocker]:
    """What the release asks for; a track that is over asks for nothing."""
    if track.stage in _FINAL:
        return []
    found = [blocker for blocker in blockers(track.revision) if blocker.weight != "acknowledge"]
    if track.needs_sign_off and standing_sign_off(track) is None:
        found.append(_unsigned(track, sign_offs))
    return found


def _unsigned(track: Track, sign_offs: Sequence[SignOff]) -> Blocker:
    """That the customer's yes is missing; what to do about it differs by how far the track is.

    `sign_offs`: all of the track, the newest first.
    """
    said = next((one for one in sign_offs if one.revision_id == track.revision_id), None)
    if track.stage == TrackStage.AWAITING_SIGN_OFF:
        remedy = "Send them the evidence; they answer by their link, or you record their answer."
    elif said is not None and said.decision != SignOffDecision.APPROVED:
        deed = "asked for a change" if said.decision == SignOffDecision.CHANGE_REQUESTED else (
            "declined"
        )  # fmt: skip
        remedy = "Mend the overlay and submit it, or evaluate again: then they are asked anew."
        return Blocker("sign_off", f"{said.contact_name} {deed}.", remedy, "approval")
    else:
        remedy = "They are asked once its evaluation is a go."
    return Blocker("sign_off", f"{track.variant.tenant_name} has not signed.", remedy, "approval")


def _acts(user: User, track: Track, now: str) -> dict[str, Any]:
    """Which buttons are there. The actions check again. `now`: how its window stands."""
    running = track.closed_at is None
    evaluable = TrackStage.EVALUATING in Track.ARROWS[TrackStage(track.stage)]
    name, stay = track.variant.tenant_name, others_stay(track.variant)
    old, new = track.baseline, track.revision
    on_old, on_new = origin_of(track), stands_on(track.campaign, new)
    back = way_out(track)
    share, hours = _first_share(track), f" Their change window: {now}." if now else ""
    return {
        "may_re_evaluate": running
        and evaluable
        and not track.does_not_fit
        and user.has_perm("registry.run_evals"),
        "may_edit": running and evaluable and user.has_perm("registry.author_overlay"),
        "may_sign_off": track.stage == TrackStage.AWAITING_SIGN_OFF
        and user.has_perm(f"registry.{signing_capability(track.variant)}"),
        "may_cut_over": track.stage in READY and user.has_perm("registry.release"),
        "sign_off_form": SignOffForm(track),
        "roll_back_text": f"{_way_back(track, back)} {stay} {TOLD}",
        "no_way_back": back if back.goal is None else None,
        "cut_over_text": f"{name} moves from revision {old.number} on {on_old} to "
        f"revision {new.number} on {on_new}{share}. {stay}{hours}",
        "roll_back_text_canary": f"The canary of {name} is stopped: all sessions get revision "
        f"{old.number} on {on_old} again. {stay} {TOLD}",
        "roll_back_heading": f"Roll back {name}?",
        "old_title": f"Old: revision {old.number} on {on_old}",
        "new_title": f"New: revision {new.number} on {on_new}",
        "urls": {
            act.replace("-", "_"): reverse(f"track-{act}", args=[track.pk])
            for act in ("re-evaluate", "sign-off", "cut-over", "roll-back")
        },
    }


def _first_share(track: Track) -> str:
    """How much of the traffic a cutover moves at once."""
    plan = track.campaign.plan
    return f" for {plan[0]['share'] * 100:.4g} % of sessions" if plan else " for all callers"


def _way_back(track: Track, found: WayOut) -> str:
    """What a rollback would do, in words; nothing where it leads nowhere."""
    if found.goal is None:
        return ""
    name = track.variant.tenant_name
    on = stands_on(track.campaign, found.goal)
    return f"{found.why} Roll back {name} to revision {found.goal.number} on {on}.".strip()
