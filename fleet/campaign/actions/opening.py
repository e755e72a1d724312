"""Open a campaign: one track a variant, begun at once or after it was planned; or cancel it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from fleet.campaign.actions.aside import stop_run
from fleet.campaign.actions.evaluation import EVALUATE_KIND, evaluation_of
from fleet.campaign.actions.tracks import lock_campaign, lock_track, step
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.release.actions import canary, lock
from fleet.release.models import Release, Stage
from registry import events, work
from registry.models import ModelTarget, User
from registry.roles import require
from registry.transitions import IllegalMove, move


class CannotOpen(Exception):
    """The campaign cannot be opened; the message says why and what to do."""


@transaction.atomic
def open_campaign(*, source: ModelTarget, target: ModelTarget, name: str, by: User) -> Campaign:
    """Make one Track a variant that is live on `source`, and begin at once.

    Workers make each its repinned Revision and evaluate it. CannotOpen when nothing is pinned
    to `source` or another open campaign owns one of the variants.
    """
    require(by, "run_campaign")
    if source == target:
        raise CannotOpen("Old and new model are the same. Choose another target.")
    live = list(live_on(source))
    if not live:
        raise CannotOpen(f"No variant is live on {source}. There is nothing to move.")
    longest = Campaign._meta.get_field("name").max_length
    called = (name.strip() or f"{source} → {target}")[:longest]
    campaign = Campaign.objects.create(
        name=called, source=source, target=target, opened_by=by, deadline=source.retires_on,
        stage=CampaignStage.PLANNED,
    )  # fmt: skip
    add_tracks(campaign, live, by=by)
    return start_campaign(campaign, by=by)


def live_on(source: ModelTarget) -> Sequence[Release]:
    """What is live on a model target, in the order of the variants."""
    found = Release.objects.filter(stage=Stage.LIVE, revision__model_target=source)
    return list(found.select_related("variant__prompt", "variant__tenant").order_by("variant_id"))


def add_tracks(campaign: Campaign, live: Sequence[Release], *, by: User) -> list[Track]:
    """A queued track for each of these live releases, in a few statements however many.

    CannotOpen when another open campaign owns one of the variants.
    """
    tracks = [
        Track(campaign=campaign, variant=release.variant, baseline_id=release.revision_id,
              revision_id=release.revision_id)
        for release in live
    ]  # fmt: skip
    try:
        with transaction.atomic():
            bulk_create_with_history(tracks, Track, batch_size=500, default_user=by)
    except IntegrityError:
        raise CannotOpen(
            "Another open migration or roll-out owns one of these variants. Finish or cancel it "
            "first, or choose others."
        ) from None
    events.record_all("track.opened", [(track, "", {}) for track in tracks], by)
    return tracks


@transaction.atomic
def start_campaign(campaign: Campaign, *, by: User) -> Campaign:
    """Begin with a campaign that was planned: its tracks are evaluated as workers come.

    Raises NotAllowed, CannotOpen where it has no track, IllegalMove where it was begun.
    """
    require(by, "run_campaign")
    campaign = lock_campaign(campaign)
    tracks = list(campaign.tracks.filter(stage=TrackStage.QUEUED).order_by("wave__number", "pk"))
    if not tracks:
        raise CannotOpen("No variant is chosen. Choose at least one.")
    if campaign.stage != CampaignStage.PLANNED:
        raise IllegalMove(f"It is “{campaign.get_stage_display()}” already.")
    campaign = move(campaign, CampaignStage.RUNNING, by=by, started_at=timezone.now())
    events.record("campaign.opened", campaign, by, tracks=len(tracks), source=campaign.origin)
    work.enqueue_many(EVALUATE_KIND, (evaluation_of(track) for track in tracks))
    return campaign


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: User, reason: str) -> Campaign:
    """Stop a campaign: open tracks are cancelled, what was cut over stays.

    Their evals are cancelled too, and canaries give their sessions back to what is live.
    """
    require(by, "run_campaign")
    still_open = campaign.tracks.filter(closed_at__isnull=True)
    for track in still_open.select_related("variant").order_by("variant_id"):
        _close(track, by, reason)
    return move(campaign, CampaignStage.CANCELLED, by=by, why=reason)


def _close(track: Track, by: User, reason: str) -> None:
    variant = lock(track.variant)
    track = lock_track(track)
    if track.closed_at is not None:
        return
    if track.is_serving:
        step(track, TrackStage.DONE, by=by, why=reason, closed_at=timezone.now())
        return
    release = track.release
    if track.stage == TrackStage.CANARY and release is not None and release.stage == Stage.CANARY:
        release.variant = variant
        canary.call_off(release, by=by, reason=reason)
    step(track, TrackStage.CANCELLED, by=by, why=reason, closed_at=timezone.now())
    stop_run(track, by=by, why=reason)
