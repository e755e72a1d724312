"""Bring a review's stage in line with what people said and what the rules ask for."""

from __future__ import annotations

from django.db import transaction

from fleet.review.actions.errors import AlreadyDecided
from fleet.review.actions.holding import UNSCHEDULED, hold
from fleet.review.models import Objection, ObjectionStage, Review, ReviewStage
from fleet.review.rules import progress, requirements
from registry.models import User
from registry.roles import require
from registry.transitions import move


@transaction.atomic
def settle(review: Review, *, by: User | None = None) -> Review:
    """Move a review to where it belongs now; the round and its approvals stay.

    Enough people said yes and nobody objects: approved. Not enough any more, since a rule asks
    for more: in review again. Asking twice changes nothing.
    """
    review = hold(review)
    far = progress(requirements(review.revision))
    if review.stage == ReviewStage.OPEN and far.is_enough and not is_objected(review):
        return move(review, ReviewStage.APPROVED, by=by, why="Enough people said yes.")
    if review.stage in (ReviewStage.APPROVED, ReviewStage.SCHEDULED) and not far.is_enough:
        why = f"The rules ask for more: {far.missing}."
        changes = UNSCHEDULED if review.stage == ReviewStage.SCHEDULED else {}
        told = {"suspended_why": why} if changes else {}
        return move(review, ReviewStage.OPEN, by=by, why=why, **changes, **told)
    return review


@transaction.atomic
def resume(review: Review, *, by: User, why: str) -> Review:
    """Ask for a decision on the same text again, where changes were asked for without objection.

    So it is after a canary was stopped: its review is the author's turn. Whoever opened it
    may, and whoever approves. AlreadyDecided while an objection stands or it is not waiting.
    """
    review = hold(review)
    if by.pk != review.opened_by_id:
        require(by, "approve", review.variant.tenant)
    if review.stage != ReviewStage.CHANGES_REQUESTED:
        raise AlreadyDecided(f"This review is “{review.get_stage_display()}” already.")
    if is_objected(review):
        raise AlreadyDecided("Somebody objects. It goes on once that is lifted or outvoted.")
    return move(review, ReviewStage.OPEN, by=by, why=why)


def is_objected(review: Review) -> bool:
    """Whether somebody's objection still stands."""
    raised = Objection.objects.filter(revision=review.revision_id, stage=ObjectionStage.RAISED)
    return raised.exists()
