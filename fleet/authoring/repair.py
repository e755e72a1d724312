"""What broke in a variant's migration: the cases, with the old and the new answer."""

from __future__ import annotations

from evals.views.cases import Shown, of, standings, with_answers
from fleet.campaign.actions import open_track
from fleet.campaign.models import Track, TrackStage
from registry.models import Variant

SHOWN = 12
"""Broken cases shown above the form, worst first; the run's page has them all."""


def track_to_repair(variant: Variant) -> Track | None:
    """The migration track that waits for this overlay to be mended, if any."""
    track = open_track(variant)
    return track if track is not None and track.stage == TrackStage.NEEDS_WORK else None


def broken_cases(track: Track) -> list[Shown]:
    """Cases of the track's last run that passed on the old model and fail on the new one."""
    if track.run is None:
        return []
    return with_answers(track.run, of(standings(track.run), "broken")[:SHOWN])
