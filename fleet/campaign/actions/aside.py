"""Take a track out of a campaign, for a while or for good, and back in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from evals.actions import cancel_run
from evals.models import RunStage
from fleet.campaign.actions.evaluation import EVALUATE_KIND, evaluation_of
from fleet.campaign.actions.tracks import finish_if_through, lock_campaign, lock_track, step
from fleet.campaign.models import CampaignStage, Track, TrackStage
from fleet.review.actions import Blocked, refuse_silence
from fleet.review.blockers import Blocker
from registry import work
from registry.days import day
from registry.models import User
from registry.roles import require
from registry.transitions import move

ANEW: dict[str, Any] = {
    "run": None,
    "scheduled_for": None,
    "scheduled_by": None,
    "deferred_until": None,
}
"""What a track leaves behind when it begins again."""


@transaction.atomic
def defer(track: Track, *, until: dt.date, by: User, why: str) -> Track:
    """Leave a variant where it is until a day; then it begins again by itself.

    The campaign goes on owning the variant. Raises NotAllowed, Blocked, IllegalMove.
    """
    require(by, "run_campaign")
    refuse_silence(why)
    if until <= timezone.localdate():
        raise Blocked([Blocker("until", f"{day(until)} is not ahead of us.", "Name a later day.")])
    track = lock_track(track)
    track = step(track, TrackStage.DEFERRED, by=by, why=why, deferred_until=until)
    stop_run(track, by=by, why=why)
    return track


@transaction.atomic
def exempt(track: Track, *, by: User, why: str) -> Track:
    """Leave a variant out for good; it is free for another campaign.

    Raises NotAllowed, Blocked, IllegalMove.
    """
    require(by, "run_campaign")
    refuse_silence(why)
    track = lock_track(track)
    track = step(track, TrackStage.EXEMPT, by=by, why=why, closed_at=timezone.now())
    stop_run(track, by=by, why=why)
    finish_if_through(track.campaign, by=by)
    return track


@transaction.atomic
def take_in_again(track: Track, *, by: User | None) -> Track:
    """Begin again with a variant that was deferred or exempt, on what is live by now.

    Raises NotAllowed, IllegalMove, and Blocked where another campaign owns the variant.
    """
    if by is not None:
        require(by, "run_campaign")
    track = lock_track(track)
    campaign = lock_campaign(track.campaign)
    if campaign.stage == CampaignStage.CANCELLED:
        raise Blocked([Blocker("campaign", "It was cancelled.", "Open a new one.")])
    try:
        with transaction.atomic():
            track = step(
                track, TrackStage.QUEUED, by=by, prepared_at=None, closed_at=None, **ANEW
            )  # fmt: skip
    except IntegrityError:
        words = "Another open migration or roll-out owns this variant."
        raise Blocked([Blocker("owned", words, "Finish or cancel that one first.")]) from None
    if campaign.stage == CampaignStage.DONE:
        move(campaign, CampaignStage.RUNNING, by=by, why=f"{track.variant} was taken in again.")
    work.enqueue(EVALUATE_KIND, *evaluation_of(track))
    return track


def stop_run(track: Track, *, by: User, why: str) -> None:
    """Cancel the evaluation of a track that nobody waits for any more."""
    run = track.run
    if run is not None and run.stage in (RunStage.RUNNING, RunStage.PAUSED):
        cancel_run(run, by=by, why=why)
