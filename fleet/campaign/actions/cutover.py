"""Make what a campaign brings live for one variant, and take it back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evals.suites import combined_hash, suite_versions_for
from fleet.campaign.actions.tracks import lock_track
from fleet.campaign.models import (
    SERVING,
    Campaign,
    CampaignStage,
    Cause,
    SignOffDecision,
    Track,
    TrackStage,
)
from fleet.release import actions as release_actions
from fleet.release.models import Release, ReleaseKind
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from fleet.review.models import UNDER_WAY, ReviewStage
from registry import events, work
from registry.models import Revision, User, Variant
from registry.roles import require
from registry.transitions import move

CUT_OVER_KIND = "cut_over_track"


@transaction.atomic
def cut_over(track: Track, *, by: User) -> Release:
    """Make what the campaign brings live for this one variant.

    Everything is checked again under lock: the blockers, and that the customer signed
    exactly this text, model and evidence. Raises Blocked, NotAllowed, IllegalMove.
    """
    variant = release_actions.lock(track.variant)
    require(by, "release", variant.tenant)
    track = lock_track(track)
    if track.stage != TrackStage.SIGNED_OFF:
        raise Blocked(
            [Blocker("stage", f"This track is “{track.get_stage_display()}”.", "Reload the page.")]
        )
    release_actions.refuse_blocked(track.revision, acknowledged=True)
    _refuse_unsigned(track)
    review = getattr(track.revision, "review", None)
    if review is not None and review.stage in UNDER_WAY:
        move(review, ReviewStage.PUBLISHED, by=by)
    release = release_actions.switch(
        variant, track.revision, kind=ReleaseKind.PROMOTED, by=by,
        reason=f"Cutover to {track.campaign.goal}",
    )  # fmt: skip
    move(track, TrackStage.CUT_OVER, by=by, release=release)
    move(track, TrackStage.DONE, by=by, closed_at=timezone.now())
    _finish_if_through(track.campaign, by)
    return release


def _refuse_unsigned(track: Track) -> None:
    signed = track.sign_offs.filter(
        decision=SignOffDecision.APPROVED, revision=track.revision, sha256=track.revision.sha256,
        model_snapshot=track.revision.model_target.snapshot,
        eval_hash=combined_hash(suite_versions_for(track.variant)),
    )  # fmt: skip
    if not signed.exists():
        raise Blocked(
            [
                Blocker(
                    "sign_off", "The customer signed something else than this.",
                    "Ask for a new sign-off on the present evidence.",
                )
            ]
        )  # fmt: skip


def _finish_if_through(campaign: Campaign, by: User) -> None:
    """The campaign's lock makes “last” unambiguous when two tracks are cut over at once."""
    campaign = _lock_campaign(campaign)
    still_open = campaign.tracks.filter(closed_at__isnull=True)
    if campaign.stage == CampaignStage.RUNNING and not still_open.exists():
        move(campaign, CampaignStage.DONE, by=by)


def note_refusal(track: Track, *, by: User, why: str) -> None:
    """Put on the timeline why a cutover that was asked for did not happen.

    It counts as a change of the track: asking again is a new errand, not the old one.
    """
    track.save(update_fields=["changed_at"])
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


def roll_back_track(track: Track, *, by: User, reason: str) -> Release:
    """Serve this one variant's old Revision again; no other variant is touched."""
    return roll_back_variant(track.variant, by=by, reason=reason, to=track.baseline)


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
        _take_back(track, by=by, reason=reason)
    return release


def _take_back(track: Track, *, by: User, reason: str) -> None:
    """The track is open again, unless its migration is cancelled or another owns the variant."""
    campaign = _lock_campaign(track.campaign)
    owned = Track.objects.filter(variant=track.variant_id, closed_at__isnull=True).exists()
    if owned or campaign.stage == CampaignStage.CANCELLED:
        move(track, TrackStage.ROLLED_BACK, by=by, why=reason)
        return
    move(track, TrackStage.ROLLED_BACK, by=by, why=reason, closed_at=None)
    if campaign.stage == CampaignStage.DONE:
        move(campaign, CampaignStage.RUNNING, by=by, why=reason)


def _lock_campaign(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
