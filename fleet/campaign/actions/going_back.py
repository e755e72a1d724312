"""Take one variant back, alone."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from fleet.campaign import telling
from fleet.campaign.actions.tracks import lock_campaign, lock_track, step
from fleet.campaign.models import SERVING, CampaignStage, Cause, Track, TrackStage
from fleet.campaign.way_out import way_out
from fleet.release import actions as release_actions
from fleet.release.actions import canary
from fleet.release.models import Release, Stage
from fleet.review.actions import AlreadyDecided, Blocked, refuse_silence
from fleet.review.blockers import Blocker
from registry import border
from registry.models import Revision, User, Variant
from registry.roles import require
from registry.transitions import move

ROLLED_BACK = "Rolled back: "
"""How the words begin that a track keeps until it goes on from its rollback."""


@transaction.atomic
def roll_back_track(track: Track, *, by: User, reason: str, to: Revision | None = None) -> Release:
    """Serve this one variant's old Revision again, or `to`; no other variant is touched.

    Where the old one's model is gone, the newest Revision on a living one is taken instead. A
    canary is stopped: what is live was never changed. Owner and customer are told, and the
    track needs work. Raises NotAllowed, Blocked, CannotRollBack, AlreadyDecided.
    """
    if track.stage == TrackStage.CANARY:
        return stop_canary(track, by=by, reason=reason)
    goal = to or _goal(track)
    return roll_back_variant(track.variant, by=by, reason=reason, to=goal)


def _goal(track: Track) -> Revision:
    found = way_out(track)
    if found.goal is None:
        raise Blocked([Blocker("retired", found.why, "")])
    return found.goal


@transaction.atomic
def stop_canary(track: Track, *, by: User, reason: str) -> Release:
    """Give a track's canary's sessions back to what is live."""
    border.check(reason)
    variant = release_actions.lock(track.variant)
    require(by, "roll_back", variant.tenant)
    refuse_silence(reason)
    track = lock_track(track)
    release = track.release
    if track.stage != TrackStage.CANARY or release is None or release.stage != Stage.CANARY:
        raise AlreadyDecided("Its canary does not run any more.")
    release.variant = variant
    release = canary.call_off(release, by=by, reason=reason.strip())
    _back(track, by=by, reason=reason.strip())
    return release


@transaction.atomic
def roll_back_variant(
    variant: Variant, *, by: User, reason: str, to: Revision | None = None
) -> Release:
    """Roll a variant back; a track whose cutover that undoes goes back too.

    Undone is the cutover that brought what was live, and one away from the model, base or
    policy that serves again.
    """
    release = release_actions.roll_back(variant, by=by, reason=reason, to=to)
    serves = release.revision
    undone = (
        Q(release=release.replaces)
        | Q(campaign__source=serves.model_target)
        | Q(campaign__cause=Cause.BASE, baseline__base_version=serves.base_version_id)
        | Q(campaign__cause=Cause.POLICY, baseline__policy_version=serves.policy_version_id)
    )
    cut_over = Track.objects.filter(undone, variant=variant, stage__in=SERVING)
    for track in cut_over.order_by("-closed_at"):
        _take_back(lock_track(track), by=by, reason=reason)
    return release


def _take_back(track: Track, *, by: User, reason: str) -> None:
    """The track is open again, unless its migration is cancelled or another owns the variant."""
    campaign = lock_campaign(track.campaign)
    others = Track.objects.filter(variant=track.variant_id, closed_at__isnull=True)
    if others.exclude(pk=track.pk).exists() or campaign.stage == CampaignStage.CANCELLED:
        step(track, TrackStage.ROLLED_BACK, by=by, why=reason)
        telling.rolled_back(track, by, reason)
        return
    _back(track, by=by, reason=reason)
    if campaign.stage == CampaignStage.DONE:
        move(campaign, CampaignStage.RUNNING, by=by, why=reason)


def _back(track: Track, *, by: User, reason: str) -> None:
    """Rolled back, and at once somebody's to mend."""
    gone = {"release": None, "cut_over_at": None, "watch_until": None, "watch_run": None}
    why = f"{ROLLED_BACK}{reason}"
    track = step(track, TrackStage.ROLLED_BACK, by=by, why=reason, closed_at=None)
    step(track, TrackStage.NEEDS_WORK, by=by, why=why, held_why=why, **gone)
    telling.rolled_back(track, by, reason)
