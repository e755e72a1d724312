"""Measure a track's Revision against its own baseline, and take the verdict."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from evals.actions import NothingToMeasure, start_run
from evals.models import EvalRun, VerdictKind
from fleet.campaign.actions.tracks import lock_track
from fleet.campaign.models import Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from registry import work
from registry.models import Revision, User
from registry.roles import require
from registry.transitions import move

EVALUATE_KIND = "evaluate_track"


def evaluation_of(track: Track) -> tuple[str, dict[str, str]]:
    """The work item of one evaluation: one a track and stage change, however often asked."""
    return f"evaluate:{track.pk}:{uuid.uuid4()}", {"track": str(track.pk)}


@transaction.atomic
def start_evaluation(track: Track) -> EvalRun | None:
    """Start the re-evaluation a track waits for; None when it is running or over already."""
    track = lock_track(track)
    if track.stage == TrackStage.QUEUED:
        track = move(track, TrackStage.EVALUATING, by=None)
    if track.stage != TrackStage.EVALUATING or track.run is not None:
        return None
    try:
        with transaction.atomic():
            track.run = start_run(
                track.revision, baseline=track.baseline, by=None, tier=2,
                why=f"{track.campaign} measures each of its variants.",
            )  # fmt: skip
    except NothingToMeasure as reason:
        move(track, TrackStage.NEEDS_WORK, by=None, why=str(reason))
        return None
    track.save(update_fields=["run", "changed_at"])
    return track.run


@transaction.atomic
def settle(run: EvalRun) -> None:
    """Move the tracks that waited for this run: go asks for sign-off, else needs work."""
    goal, why = _outcome(run)
    for track in Track.objects.filter(run=run, stage=TrackStage.EVALUATING):
        move(track, goal, by=None, why=why)


def _outcome(run: EvalRun) -> tuple[TrackStage, str]:
    verdict = getattr(run, "verdict", None)
    if verdict is None:
        return TrackStage.NEEDS_WORK, "Its eval run was cancelled."
    is_go = verdict.kind == VerdictKind.GO
    return TrackStage.AWAITING_SIGN_OFF if is_go else TrackStage.NEEDS_WORK, verdict.headline


@transaction.atomic
def give_up_evaluation(track: Track, *, why: str) -> None:
    """Hand a track back to people when its evaluation could neither begin nor end."""
    track = lock_track(track)
    if track.stage == TrackStage.QUEUED:
        track = move(track, TrackStage.EVALUATING, by=None)
    if track.stage == TrackStage.EVALUATING:
        move(track, TrackStage.NEEDS_WORK, by=None, why=why)


@transaction.atomic
def re_evaluate(track: Track, *, by: User, revision: Revision | None = None) -> Track:
    """Evaluate a track again, with a new Revision where one is given.

    Blocked once the track is closed: its variant may be another migration's by now.
    """
    require(by, "run_evals", track.variant.tenant)
    track = lock_track(track)
    if track.closed_at is not None:
        raise Blocked([Blocker("closed", "This track is closed.", "Open a new migration.")])
    if track.does_not_fit and revision is None:
        words = "Its overlay does not fit the new layers, so there is nothing to measure."
        raise Blocked([Blocker("misfit", words, "Mend the overlay and submit it.")])
    changes: dict[str, Any] = {"run": None}
    if revision is not None:
        changes["revision"] = revision
    track = move(track, TrackStage.EVALUATING, by=by, **changes)
    work.enqueue(EVALUATE_KIND, *evaluation_of(track))
    return track


@transaction.atomic
def take_fix(track: Track, revision: Revision, run: EvalRun, *, by: User) -> Track:
    """Put a repaired Revision, whose evaluation `run` has begun, on its track."""
    require(by, "open_review", track.variant.tenant)
    track = lock_track(track)
    return move(track, TrackStage.EVALUATING, by=by, why=revision.note, revision=revision, run=run)
