"""Find a track, hold it, and take it one stage on: what every act on a track begins with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from fleet.campaign import scope
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from registry.models import User, Variant
from registry.transitions import move, move_all

BEFORE_ITS_TIME = (
    TrackStage.QUEUED, TrackStage.EVALUATING, TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF,
    TrackStage.SIGNED_OFF,
)  # fmt: skip
"""Stages in which no time for the cutover is set."""


def open_track(variant: Variant) -> Track | None:
    """The track that owns a variant now, if any."""
    tracks = Track.objects.filter(variant=variant, closed_at__isnull=True)
    return tracks.select_related(*scope.of("campaign")).first()


def lock_track(track: Track) -> Track:
    """The track under row lock, with what every act on it reads."""
    return _of_one_variant(_under_lock().get(pk=track.pk))


def lock_tracks(pks: Collection[Any]) -> list[Track]:
    """`lock_track` for several, always taken in the same order; of one campaign one instance."""
    held = list(_under_lock().filter(pk__in=pks).order_by("pk").prefetch_related("wave"))
    campaigns: dict[Any, Campaign] = {}
    for track in held:
        track.campaign = campaigns.setdefault(track.campaign_id, track.campaign)
    return [_of_one_variant(track) for track in held]


def _under_lock() -> QuerySet[Track]:
    """What else a track has is fetched by whoever needs it: to plan a join of all of it takes
    PostgreSQL longer than all those queries together.
    """
    return (
        Track.objects.select_for_update(of=("self",), no_key=True)
        .select_related("campaign__source", "campaign__target", "revision__model_target")
        .select_related("variant__tenant", "variant__prompt")
    )


def _of_one_variant(track: Track) -> Track:
    """The track, with one instance of its variant."""
    track.revision.variant = track.variant
    return track


def lock_campaign(campaign: Campaign) -> Campaign:
    """The campaign under row lock: it makes “last” unambiguous when two tracks end at once."""
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)


def step(track: Track, to: str, *, by: User | None, why: str = "", **changes: Any) -> Track:
    """Move a track that the caller holds under lock, and count the move.

    A step that is owed to a track is keyed by that count, so it is owed once a stage. What
    held it back in the stage before is forgotten, and so is its time where it is taken back.
    Raises IllegalMove.
    """
    return move(track, to, by=by, why=why, **(_with_a_step(track, to) | changes))


def step_all(
    moves: Sequence[tuple[Track, str]], to: str, *, by: User | None, own: Sequence[str] = ()
) -> None:
    """`step` several, each with its why; `own`: further fields, saved as each track has them."""
    names = set(own)
    for track, _ in moves:
        for name, value in _with_a_step(track, to).items():
            names.add(name)
            setattr(track, name, value)
    move_all(moves, to, by=by, own=sorted(names))


def _with_a_step(track: Track, to: str) -> dict[str, Any]:
    """What changes in a track with every step to a stage."""
    changes = {"held_why": "", "changed_at": timezone.now(), "moves": track.moves + 1}
    if to in BEFORE_ITS_TIME and track.scheduled_for is not None:
        changes |= {"scheduled_for": None, "scheduled_by": None}
    return changes


def pause_of(track: Track) -> tuple[str, str] | None:
    """What pauses a track and why: itself, its wave or its campaign; None when nothing does."""
    for what, row in (("track", track), ("wave", track.wave), ("campaign", track.campaign)):
        if row is not None and row.paused_at is not None:
            return what, row.paused_why
    return None


def refuse_idle(track: Track) -> None:
    """Raise Blocked while the track's campaign does not run, or the track is paused."""
    campaign = track.campaign
    if campaign.stage != CampaignStage.RUNNING:
        words = f"This {campaign.word} is “{campaign.get_stage_display()}”."
        raise Blocked([Blocker("campaign", words, "Only a running one moves its variants.")])
    if paused := pause_of(track):
        what, why = paused
        whose = {"track": "This track", "wave": "Its wave"}.get(what, f"The whole {campaign.word}")
        raise Blocked([Blocker("paused", f"{whose} is paused: {why}", "Resume it first.")])


def wrong_stage(track: Track) -> Blocked:
    """The refusal of an act that does not fit where the track stands."""
    words = f"This track is “{track.get_stage_display()}”."
    return Blocked([Blocker("stage", words, "Reload the page.")])


def finish_if_through(campaign: Campaign, *, by: User | None) -> None:
    """End a running campaign whose last track is closed."""
    campaign = lock_campaign(campaign)
    still_open = campaign.tracks.filter(closed_at__isnull=True)
    if campaign.stage == CampaignStage.RUNNING and not still_open.exists():
        move(campaign, CampaignStage.DONE, by=by)
