"""Take a verdict to the tracks that wait for it: the customer's turn, or ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Q

from evals.models import EvalRun, VerdictKind
from fleet.campaign.actions.tracks import lock_track, lock_tracks, step_all, wrong_stage
from fleet.campaign.actions.watching import look_after
from fleet.campaign.models import Track, TrackStage
from fleet.review.actions import accept_run, refuse_author, refuse_silence
from fleet.review.models import AcceptedRisk
from registry import events
from registry.models import User
from registry.roles import NotAllowed, require


def settle(run: EvalRun) -> None:
    """`settle_all` of one run."""
    settle_all([run])


@transaction.atomic
def settle_all(runs: Collection[EvalRun]) -> None:
    """Take verdicts to whoever waits for them: a track's evaluation, or its watch."""
    by_pk = {run.pk: run for run in runs}
    waiting = Track.objects.filter(Q(run__in=by_pk) | Q(watch_run__in=by_pk)).order_by()
    go: list[tuple[Track, str]] = []
    needs_work: list[tuple[Track, str]] = []
    for track in lock_tracks(list(waiting.values_list("pk", flat=True))):
        if track.run_id in by_pk and track.stage == TrackStage.EVALUATING:
            is_go, why = _outcome(by_pk[track.run_id])
            (go if is_go else needs_work).append((track, why))
        elif track.watch_run_id in by_pk:
            look_after(track)
    ask_to_sign(go, by=None)
    step_all(needs_work, TrackStage.NEEDS_WORK, by=None)


def _outcome(run: EvalRun) -> tuple[bool, str]:
    """Whether it is a go, and what is said of it."""
    verdict = getattr(run, "verdict", None)
    if verdict is None:
        return False, "Its eval run was cancelled."
    return verdict.kind == VerdictKind.GO, verdict.headline


def ask_to_sign(moves: Sequence[tuple[Track, str]], *, by: User | None) -> None:
    """Their evidence will do, each with a why: the customer's turn, or nobody's where none need
    sign. The tracks are under lock.
    """
    step_all(moves, TrackStage.AWAITING_SIGN_OFF, by=by)
    exempt = [
        (track, f"No sign-off needed: {track.sign_off_exempt_why}")
        for track, _ in moves
        if not track.needs_sign_off
    ]
    step_all(exempt, TrackStage.SIGNED_OFF, by=by)


@transaction.atomic
def accept_risk(track: Track, *, by: User, reason: str) -> AcceptedRisk:
    """Let a verdict pass that is short of cases alone; the customer is asked next.

    Whoever may approve may accept, but not who opened the campaign or wrote the text. Raises
    NotAllowed, Blocked, AlreadyDecided.
    """
    require(by, "approve", track.variant.tenant)
    refuse_silence(reason)
    track = lock_track(track)
    if track.campaign.opened_by_id == by.pk:
        raise NotAllowed(f"You opened this {track.campaign.word}, so somebody else has to accept.")
    if track.stage != TrackStage.NEEDS_WORK:
        raise wrong_stage(track)
    refuse_author(track.revision, by)
    accepted = accept_run(track.run, by=by, reason=reason)
    events.record("track.risk_accepted", track, by, reason)
    ask_to_sign([(track, f"Risk accepted: {reason.strip()}")], by=by)
    return accepted
