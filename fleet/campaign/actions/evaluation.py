"""Measure a track's Revision against its own baseline."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from evals.actions import NothingToMeasure, Order, start_runs
from evals.models import EvalRun
from fleet.campaign.actions.preparing import PREPARED, prepare
from fleet.campaign.actions.tracks import (
    lock_track,
    lock_tracks,
    pause_of,
    refuse_idle,
    step,
    step_all,
)
from fleet.campaign.models import CampaignStage, Cause, Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from registry import work
from registry.models import Revision, User, Variant
from registry.roles import require

EVALUATE_KIND = "evaluate_track"


def evaluation_of(track: Track) -> tuple[str, dict[str, str]]:
    """The work item of one evaluation: one a track and stage change, however often asked."""
    return f"evaluate:{track.pk}:{track.moves}", {"track": str(track.pk)}


def start_evaluation(track: Track) -> EvalRun | None:
    """`start_evaluations` of one; its run, None when there is nothing to start."""
    return start_evaluations([track.pk]).get(track.pk)


@transaction.atomic
def start_evaluations(tracks: Collection[Any]) -> dict[Any, EvalRun]:
    """Prepare and start the evaluations that tracks (by primary key) wait for; their runs.

    So many queries for all of them. What cannot be measured needs work. Nothing is started
    while a track is paused: the reconciler comes back to it.
    """
    _lock_variants(tracks)
    waiting = [track for track in lock_tracks(tracks) if _waits(track)]
    stuck = prepare(waiting)
    stuck |= _start([track for track in waiting if track.pk not in stuck])
    _note_begun(waiting)
    for track in waiting:
        if track.pk in stuck:
            step(track, TrackStage.NEEDS_WORK, by=None, why=stuck[track.pk])
    return {track.pk: track.run for track in waiting if track.run is not None}


def _lock_variants(tracks: Collection[Any]) -> None:
    """A rollback locks a variant before its track: so do those who lock several."""
    rows = Variant.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(rows.filter(pk__in=Track.objects.filter(pk__in=tracks).values("variant")).values("pk"))


def _waits(track: Track) -> bool:
    if track.campaign.stage != CampaignStage.RUNNING or pause_of(track):
        return False
    return track.stage in (TrackStage.QUEUED, TrackStage.EVALUATING) and track.run_id is None


def _start(tracks: Sequence[Track]) -> dict[Any, str]:
    """Begin the eval runs of prepared tracks; by primary key, why one cannot be measured."""
    begun = start_runs([_order(track) for track in tracks], by=None)
    stuck = {}
    for track, run in zip(tracks, begun, strict=True):
        if isinstance(run, NothingToMeasure):
            stuck[track.pk] = str(run)
        else:
            track.run = run
    return stuck


def _order(track: Track) -> Order:
    return Order(
        track.revision, track.baseline, tier=2,
        why=f"{track.campaign} measures each of its variants.",
        thresholds=thresholds_of(track), first=broken_labels(track),
    )  # fmt: skip


def _note_begun(tracks: Sequence[Track]) -> None:
    """Save what the beginning of an evaluation filled in, with its stage in one go."""
    filled = (*PREPARED, "run")
    for track in tracks:
        if track.stage != TrackStage.QUEUED:
            track.save(update_fields=[*filled, "changed_at"])
    queued = [(track, "") for track in tracks if track.stage == TrackStage.QUEUED]
    step_all(queued, TrackStage.EVALUATING, by=None, own=filled)


def measured_for(track: Track) -> dict[str, Any]:
    """How a repair of a track is measured: for its model, by its thresholds, broken cases first.

    As keyword arguments of `open_review`.
    """
    return {
        "target": track.campaign.target or track.revision.model_target,
        "thresholds": thresholds_of(track),
        "first": broken_labels(track),
    }


def thresholds_of(track: Track) -> dict[str, float | None]:
    """The campaign's thresholds where it has its own; each variant's own hold else."""
    mine = {"min_pass_rate": track.campaign.min_pass_rate, "margin": track.campaign.margin}
    return {name: value for name, value in mine.items() if value is not None}


def broken_labels(track: Track) -> set[str]:
    """Cases that the newest finished run of the track's variant in this campaign broke."""
    if not track.moves:  # nothing was measured yet
        return set()
    earlier = EvalRun.objects.filter(
        variant=track.variant_id, revision__model_target=track.revision.model_target_id,
        started_at__gte=track.campaign.opened_at, verdict__isnull=False,
    )  # fmt: skip
    last = earlier.select_related("verdict").order_by("-started_at").first()
    return set(last.verdict.decision.get("broken", ())) if last is not None else set()


@transaction.atomic
def give_up_evaluation(track: Track, *, why: str) -> None:
    """Hand a track back to people when its evaluation could neither begin nor end."""
    track = lock_track(track)
    if track.stage == TrackStage.QUEUED:
        track = step(track, TrackStage.EVALUATING, by=None)
    if track.stage == TrackStage.EVALUATING:
        step(track, TrackStage.NEEDS_WORK, by=None, why=why)


@transaction.atomic
def re_evaluate(track: Track, *, by: User, revision: Revision | None = None) -> Track:
    """Evaluate a track again, with a new Revision where one is given.

    Blocked once the track is closed: its variant may be another migration's by now.
    """
    require(by, "run_evals", track.variant.tenant)
    track = lock_track(track)
    if track.closed_at is not None:
        raise Blocked([Blocker("closed", "This track is closed.", "Open a new migration.")])
    refuse_idle(track)
    changes: dict[str, Any] = {"run": None}
    if revision is not None:
        changes["revision"] = revision
    elif track.does_not_fit:
        _refuse_misfit(track)
        changes["prepared_at"] = None  # its revision could not be made; perhaps it can by now
    track = step(track, TrackStage.EVALUATING, by=by, **changes)
    work.enqueue(EVALUATE_KIND, *evaluation_of(track))
    return track


def _refuse_misfit(track: Track) -> None:
    if track.campaign.cause != Cause.MODEL:
        words = "Its overlay does not fit the new layers, so there is nothing to measure."
        raise Blocked([Blocker("misfit", words, "Mend the overlay and submit it.")])


@transaction.atomic
def take_fix(track: Track, revision: Revision, run: EvalRun, *, by: User) -> Track:
    """Put a repaired Revision, whose evaluation `run` has begun, on its track."""
    require(by, "open_review", track.variant.tenant)
    track = lock_track(track)
    changes = {"revision": revision, "run": run, "prepared_at": timezone.now()}
    return step(track, TrackStage.EVALUATING, by=by, why=revision.note, **changes)
