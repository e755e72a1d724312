"""Hold a track, a wave or a whole campaign still, and let it go on."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from evals.actions import pause_run, resume_run
from evals.models import EvalRun, RunStage
from fleet.campaign.actions.evaluation import EVALUATE_KIND, evaluation_of
from fleet.campaign.actions.tracks import pause_of
from fleet.campaign.models import Campaign, Track, TrackStage, Wave
from fleet.review.actions import AlreadyDecided, refuse_silence
from registry import events, work
from registry.models import User
from registry.roles import require

Pausable = Track | Wave | Campaign


@transaction.atomic
def pause(what: Pausable, *, by: User, why: str) -> None:
    """Nothing of it is taken further until somebody resumes it; its evals are paused too.

    What is live or runs as a canary stays as it is. Raises NotAllowed, AlreadyDecided, Blocked.
    """
    require(by, "run_campaign")
    refuse_silence(why)
    row = _lock(what)
    if row.paused_at is not None:
        raise AlreadyDecided("It is paused already.")
    row.paused_at, row.paused_why = timezone.now(), why.strip()
    row.save(update_fields=["paused_at", "paused_why"])
    events.record(f"{_noun(row)}.paused", row, by, why)
    for run in _runs(row, RunStage.RUNNING):
        pause_run(run, by=by, why=why)


@transaction.atomic
def resume(what: Pausable, *, by: User) -> None:
    """Let it go on; what is paused for another reason as well stays paused.

    Raises NotAllowed, AlreadyDecided.
    """
    require(by, "run_campaign")
    row = _lock(what)
    if row.paused_at is None:
        raise AlreadyDecided("It is not paused.")
    row.paused_at, row.paused_why = None, ""
    row.save(update_fields=["paused_at", "paused_why"])
    events.record(f"{_noun(row)}.resumed", row, by)
    moving = {track.run_id for track in _evaluating(row) if pause_of(track) is None}
    for run in _runs(row, RunStage.PAUSED):
        if run.pk in moving:
            resume_run(run, by=by)
    begun = [evaluation_of(track) for track in _unmeasured(row)]
    work.enqueue_many(EVALUATE_KIND, begun)
    work.renew([key for key, _ in begun], rest=dt.timedelta(0), dead=False)


def _lock(what: Pausable) -> Pausable:
    return type(what)._default_manager.select_for_update(no_key=True).get(pk=str(what.pk))


def _noun(row: Pausable) -> str:
    return str(row._meta.model_name)


def _under(row: Pausable) -> QuerySet[Track]:
    return Track.objects.filter(pk=row.pk) if isinstance(row, Track) else row.tracks.all()


def _unmeasured(row: Pausable) -> QuerySet[Track]:
    """The tracks under it whose evaluation has not begun."""
    waits = Q(stage=TrackStage.QUEUED) | Q(stage=TrackStage.EVALUATING, run__isnull=True)
    return _under(row).filter(waits)


def _evaluating(row: Pausable) -> QuerySet[Track]:
    """The tracks under it whose eval run may be under way."""
    return (
        _under(row)
        .filter(stage=TrackStage.EVALUATING, run__isnull=False)
        .select_related("wave", "campaign")
    )


def _runs(row: Pausable, stage: RunStage) -> list[EvalRun]:
    ids = _evaluating(row).values("run")
    return list(EvalRun.objects.filter(pk__in=ids, stage=stage).order_by("pk"))
