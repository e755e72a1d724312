"""Find a track and hold it: what every act on a track begins with."""

from __future__ import annotations

from fleet.campaign import scope
from fleet.campaign.models import Track
from registry.models import Variant


def open_track(variant: Variant) -> Track | None:
    """The track that owns a variant now, if any."""
    tracks = Track.objects.filter(variant=variant, closed_at__isnull=True)
    return tracks.select_related(*scope.of("campaign")).first()


def lock_track(track: Track) -> Track:
    """The track under row lock, with all that an act on it reads."""
    return (
        Track.objects.select_for_update(of=("self",), no_key=True)
        .select_related(*scope.of("campaign"), "variant__tenant", "variant__prompt", "run")
        .select_related("revision__model_target", "revision__variant__tenant", "baseline")
        .get(pk=track.pk)
    )
