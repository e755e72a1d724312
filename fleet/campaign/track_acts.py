"""Which acts on a track a person is offered now. The actions check everything again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from fleet.campaign.actions import pause_of
from fleet.campaign.actions.cutover import READY
from fleet.campaign.models import Campaign, CampaignStage, Cause, Track, TrackStage
from fleet.campaign.times import clock
from fleet.campaign.track_way import zone_of
from fleet.review.evidence import may_be_accepted
from fleet.review.words import others_stay
from fleet.window.of import blackouts_of, window_of
from fleet.window.of import zone_of as tenant_zone
from fleet.window.opening import UnknownZone, next_opening
from registry.models import Revision, User


@dataclass(frozen=True)
class Act:
    """A button, and the sheet that names what will happen before it does.

    `reason`: required, optional or none. `extra`: a template with more fields. `main`: stands
    in the head of the page, not in the menu beside it. `error`: why it was refused just now,
    which opens its sheet again; `typed`: the reason that was given with it.
    """

    id: str
    url: str
    button: str
    heading: str
    text: str
    icon: str
    reason: str = "none"
    extra: str = ""
    danger: bool = False
    main: bool = False
    primary: bool = False
    error: str = ""
    typed: str = ""


def acts_of(user: User, track: Track) -> dict[str, Any]:
    """`main` and `more` acts, and what their sheets need to know."""
    acts = [
        *_cutovers(user, track), *_watch(user, track), *_evidence(user, track),
        *_aside(user, track),
    ]  # fmt: skip
    return {
        "main_acts": [act for act in acts if act.main],
        "more_acts": [act for act in acts if not act.main],
        "opening": _opening(track) if track.stage in READY else "",
        "zone": zone_of(track) or "UTC",
        "may_roll_back": (track.is_serving or track.stage == TrackStage.CANARY)
        and user.has_perm("registry.roll_back"),
    }


def _cutovers(user: User, track: Track) -> Iterator[Act]:
    if not user.has_perm("registry.release"):
        return
    name, stay = track.variant.tenant_name, others_stay(track.variant)
    if track.stage in READY:
        again = track.stage == TrackStage.SCHEDULED
        yield Act(
            "schedule", act_url(track, "schedule"), "Change its time" if again else "Schedule",
            "When is it cut over?", f"Everything is checked again at that time. {stay}", "clock",
            extra="campaign/track/_when.html", main=True, primary=not again,
        )  # fmt: skip
        if again:
            yield Act(
                "unschedule", act_url(track, "unschedule"), "Take its time away",
                "Not at that time?", f"{name} stays signed off and waits for a new time.", "x",
                reason="optional",
            )  # fmt: skip
    if track.stage == TrackStage.CANARY and track.release is not None:
        yield _canary_on(track)


def _canary_on(track: Track) -> Act:
    release = track.release
    assert release is not None
    last = release.step + 1 >= len(release.plan)
    goes = (
        "It goes live for all callers." if last
        else f"It gets {release.plan[release.step + 1]['share'] * 100:.4g} % of sessions."
    )  # fmt: skip
    text = (
        f"{goes} No live metrics are measured yet: what is known are its evals and what the "
        "customer says."
    )
    return Act(
        "canary-on", act_url(track, "canary-on"), "Live for all" if last else "Next step",
        "Make it live for all?" if last else "Take the canary on?", text, "rocket", main=True,
    )  # fmt: skip


def _watch(user: User, track: Track) -> Iterator[Act]:
    watched = track.stage in (TrackStage.CUT_OVER, TrackStage.WATCHED)
    if watched and user.has_perm("registry.release"):
        yield Act(
            "finish-watch", act_url(track, "finish-watch"), "End the watch", "End its watch now?",
            "The track is done; it can still be rolled back alone.", "check", reason="required",
            main=True,
        )  # fmt: skip


def _evidence(user: User, track: Track) -> Iterator[Act]:
    verdict = getattr(track.run, "verdict", None)
    small = verdict is not None and may_be_accepted(verdict)
    fit = track.stage == TrackStage.NEEDS_WORK and small and not hasattr(track.run, "accepted_risk")
    if fit and user.has_perm("registry.approve") and track.campaign.opened_by_id != user.pk:
        yield Act(
            "accept-risk", act_url(track, "accept-risk"), "Accept the risk",
            "Accept that it is too small to certify?",
            "Its verdict is short of cases and of nothing else. Your name and reason stand with "
            "it; the customer is asked next.",
            "alert-triangle", reason="required",
        )  # fmt: skip


def _aside(user: User, track: Track) -> Iterator[Act]:
    """What whoever steers the campaign may do with a track."""
    if not user.has_perm("registry.run_campaign"):
        return
    arrows, name = Track.ARROWS[TrackStage(track.stage)], track.variant.tenant_name
    if track.campaign.stage == CampaignStage.RUNNING and not track.closed_at:
        yield _pausing(track)
    if TrackStage.DEFERRED in arrows:
        yield Act(
            "defer", act_url(track, "defer"), "Defer", f"Defer {name}?",
            "It stays where it is until that day, and then begins again by itself.", "clock",
            reason="required", extra="campaign/track/_until.html",
        )  # fmt: skip
    if TrackStage.EXEMPT in arrows:
        yield Act(
            "exempt", act_url(track, "exempt"), "Exempt", f"Leave {name} out for good?",
            f"It stays on {origin_of(track)} and no longer counts here.", "x", reason="required",
        )  # fmt: skip
    if TrackStage.QUEUED in arrows:
        yield Act(
            "take-in", act_url(track, "take-in"), "Take in again", f"Take {name} in again?",
            "It begins anew, on what is live by now.", "refresh", main=True,
        )  # fmt: skip


def _pausing(track: Track) -> Act:
    if track.paused_at is not None:
        return Act(
            "resume", act_url(track, "resume"), "Resume", "Let it go on?",
            f"It was paused: {track.paused_why}", "refresh", main=True, primary=True,
        )  # fmt: skip
    return Act(
        "pause", act_url(track, "pause"), "Pause", "Hold this track still?",
        "Nothing of it is taken further until somebody resumes it. What is live stays.",
        "hourglass", reason="required",
    )  # fmt: skip


def _opening(track: Track) -> str:
    """When its window opens next, on its customer's clock; empty where it never does."""
    tenant = track.variant.tenant
    try:
        found = next_opening(
            window_of(tenant), zone=tenant_zone(tenant), after=timezone.now(),
            blackouts=blackouts_of(tenant),
            not_before=track.wave.starts_on if track.wave else None,
        )  # fmt: skip
    except UnknownZone:
        return ""
    return clock(found, zone_of(track)) if found else ""


def act_url(track: Track, act: str) -> str:
    """Where an act of the table is posted to."""
    return reverse("track-act", args=[track.pk, act])


def origin_of(track: Track) -> str:
    """What a variant stands on before its cutover."""
    return stands_on(track.campaign, track.baseline)


def stands_on(campaign: Campaign, revision: Revision) -> str:
    """What a revision stands on, as far as the campaign is about it."""
    if campaign.cause == Cause.BASE:
        return f"base {revision.base_version.semver}"
    if campaign.cause == Cause.POLICY:
        return f"policy {revision.policy_version.number}"
    return str(revision.model_target)


def pause_words(track: Track) -> str:
    """What holds it still, in words; empty when nothing does."""
    paused = pause_of(track)
    if paused is None or track.closed_at is not None:
        return ""
    what, why = paused
    whose = {"track": "This track", "wave": "Its wave"}.get(
        what, f"The whole {track.campaign.word}"
    )
    return f"{whose} is paused: {why}"
