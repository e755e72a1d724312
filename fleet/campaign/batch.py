"""Acts on many tracks at once: each is checked alone, and what was left says why."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from fleet.campaign.actions import Outcome, queue_cut_overs, record_sign_off
from fleet.campaign.models import SignOffDecision, Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.standing import standings_of
from registry.models import User
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove


def record_sign_offs(
    tracks: Sequence[Track], *, contact_name: str, reference: str, by: User
) -> Outcome:
    """Record one customer answer that covers many tracks, for each track alone."""
    outcome = Outcome([], [])
    for track in tracks:
        try:
            with transaction.atomic():
                record_sign_off(
                    track, decision=SignOffDecision.APPROVED, contact_name=contact_name,
                    reference=reference, by=by,
                )  # fmt: skip
            outcome.done.append(track)
        except (Blocked, NotAllowed, IllegalMove) as why:
            outcome.left.append((track, str(why)))
    return outcome


def cut_over_many(tracks: Sequence[Track], *, by: User) -> Outcome:
    """Hand those that are signed off and approved to the workers; the others are left.

    A worker checks each again under lock, so this sorting may be late but never wrong.
    """
    require(by, "release")
    standing = standings_of([track.revision for track in tracks])
    outcome = Outcome([], [])
    for track in tracks:
        if track.stage != TrackStage.SIGNED_OFF:
            outcome.left.append((track, f"It is “{track.get_stage_display()}”, not signed off."))
        elif standing[track.revision_id].is_objected:
            outcome.left.append((track, "Somebody objects to it."))
        elif not standing[track.revision_id].is_approved:
            still = standing[track.revision_id].still
            words = f"Still needed: {still}." if still else "Nobody has approved it yet."
            outcome.left.append((track, words))
        else:
            outcome.done.append(track)
    queue_cut_overs(outcome.done, by=by)
    return outcome
