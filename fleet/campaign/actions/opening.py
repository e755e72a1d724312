"""Open a campaign over every variant that is live on a model, or cancel it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from fleet.campaign.actions.evaluation import EVALUATE_KIND, evaluation_of
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.release.models import Release, Stage
from registry import events, work
from registry.actions import repin
from registry.models import ModelTarget, User
from registry.roles import require
from registry.transitions import move


class CannotOpen(Exception):
    """The campaign cannot be opened; the message says why and what to do."""


@transaction.atomic
def open_campaign(*, source: ModelTarget, target: ModelTarget, name: str, by: User) -> Campaign:
    """Make one Track a variant that is live on `source`, each with a repinned Revision.

    Evaluations start by themselves after commit. CannotOpen when nothing is pinned to
    `source` or another open campaign owns one of the variants.
    """
    require(by, "run_campaign")
    if source == target:
        raise CannotOpen("Old and new model are the same. Choose another target.")
    live = list(
        Release.objects.filter(stage=Stage.LIVE, revision__model_target=source)
        .select_related("variant__prompt", "variant__tenant", "revision__model_target")
        .select_related("revision__policy_version", "revision__base_version")
        .select_related("revision__overlay_version")
        .order_by("variant_id")
    )
    if not live:
        raise CannotOpen(f"No variant is live on {source}. There is nothing to move.")
    longest = Campaign._meta.get_field("name").max_length
    called = (name.strip() or f"{source} → {target}")[:longest]
    campaign = Campaign.objects.create(
        name=called, source=source, target=target, opened_by=by, started_at=timezone.now()
    )
    try:
        with transaction.atomic():
            tracks = [_open_track(campaign, release, target, by) for release in live]
    except IntegrityError:
        raise CannotOpen(
            "Another open migration owns one of these variants. Finish or cancel it first."
        ) from None
    events.record("campaign.opened", campaign, by, tracks=len(tracks), source=str(source))
    work.enqueue_many(EVALUATE_KIND, (evaluation_of(track) for track in tracks))
    return campaign


def _open_track(campaign: Campaign, release: Release, target: ModelTarget, by: User) -> Track:
    note = f"Repinned from {campaign.source} to {target}."
    revision = repin(release.revision, target, by=by, note=note)
    track = Track.objects.create(
        campaign=campaign,
        variant=release.variant,
        baseline=release.revision,
        revision=revision,
        prepared_at=timezone.now(),
    )
    events.record("track.opened", track, by, note)
    return track


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: User, reason: str) -> Campaign:
    """Stop a campaign: open tracks are cancelled, what was cut over stays."""
    require(by, "run_campaign")
    for track in campaign.tracks.filter(closed_at__isnull=True):
        move(track, TrackStage.CANCELLED, by=by, why=reason, closed_at=timezone.now())
    return move(campaign, CampaignStage.CANCELLED, by=by, why=reason)
