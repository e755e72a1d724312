"""The time after a cutover: is what was promised what came?"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from evals.actions import NothingToMeasure, start_run
from evals.models import EvalRun, RunStage, VerdictKind
from fleet.campaign import telling
from fleet.campaign.actions.tracks import finish_if_through, lock_track, step, wrong_stage
from fleet.campaign.models import Track, TrackStage
from fleet.feedback.load import complaints_since
from fleet.review.actions import refuse_silence
from registry import events
from registry.models import User
from registry.roles import require


@transaction.atomic
def begin_watch(track: Track) -> None:
    """Measure what is live once more, with fresh answers, and set the end of the watch."""
    track = lock_track(track)
    if track.stage != TrackStage.CUT_OVER or track.cut_over_at is None:
        return
    until = track.cut_over_at + dt.timedelta(hours=track.campaign.watch_hours)
    step(track, TrackStage.WATCHED, by=None, watch_until=until, watch_run=_measure(track))


def _measure(track: Track) -> EvalRun | None:
    """A fresh run of what is live, against the old one where its model still answers."""
    left = track.baseline.model_target.days_left()
    baseline = None if left is not None and left < 0 else track.baseline
    try:
        with transaction.atomic():
            return start_run(
                track.revision, baseline=baseline, by=None, tier=2, afresh=True,
                why=f"{track.campaign} watches what it cut over.",
            )  # fmt: skip
    except NothingToMeasure:
        return None


def against(track: Track) -> list[str]:
    """What the watch has found against what is live, in words; empty while all is well.

    Live metrics join these here once calls are observed.
    """
    found = []
    verdict = getattr(track.watch_run, "verdict", None)
    if verdict is not None and verdict.kind == VerdictKind.NO_GO:
        found.append(f"Measured again after the cutover: {verdict.headline}")
    complaints, most = complaints_since(track), track.campaign.most_complaints
    if complaints > most:
        said = "1 complaint" if complaints == 1 else f"{complaints} complaints"
        found.append(f"{said} since the cutover; {most or 'none'} would be fine.")
    return found


@transaction.atomic
def look_after(track: Track) -> None:
    """End a watch whose time is over with nothing against it; else hold it, and tell people."""
    track = lock_track(track)
    if track.stage != TrackStage.WATCHED or track.watch_until is None:
        return
    if found := against(track):
        _hold(track, " ".join(found))
    elif track.watch_until <= timezone.now() and not _is_measuring(track):
        _end(track, by=None, why="Nothing was found against it while it was watched.")


def _is_measuring(track: Track) -> bool:
    run = track.watch_run
    return run is not None and run.stage in (RunStage.RUNNING, RunStage.PAUSED)


@transaction.atomic
def finish_watch(track: Track, *, by: User, why: str) -> Track:
    """End a watch by hand, before its time or with something against it.

    Raises NotAllowed, Blocked.
    """
    require(by, "release", track.variant.tenant)
    refuse_silence(why)
    track = lock_track(track)
    if track.stage not in (TrackStage.CUT_OVER, TrackStage.WATCHED):
        raise wrong_stage(track)
    return _end(track, by=by, why=why)


def _hold(track: Track, why: str) -> None:
    if track.held_why == why:
        return
    track.held_why = why
    track.save(update_fields=["held_why", "changed_at"])
    events.record("track.watch_broken", track, None, why)
    telling.watch_broken(track, why)


def _end(track: Track, *, by: User | None, why: str) -> Track:
    track = step(track, TrackStage.DONE, by=by, why=why, closed_at=timezone.now())
    finish_if_through(track.campaign, by=by)
    return track
