"""Say yes or no to exactly one Revision on exactly this evidence, or take the question back."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from evals.models import EvalRun, RunStage
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import (
    UNSCHEDULED,
    hold,
    hold_revision,
    may_decide,
    refuse_author,
)
from fleet.review.actions.telling import tell_of
from fleet.review.blockers import Blocker, against_approving, blockers, latest_run
from fleet.review.models import Approval, Decision, Review, ReviewStage
from fleet.review.rules import progress, requirements
from registry import events
from registry.models import Revision, User
from registry.roles import require
from registry.transitions import move


@transaction.atomic
def approve(review: Review, *, by: User, reason: str = "", run: EvalRun | None = None) -> Approval:
    """Say yes to exactly this Revision on exactly this evidence.

    The review is approved once the rules have enough people. `run` is the evidence the page
    showed; newer evidence raises AlreadyDecided so that it is looked at first. Raises
    NotAllowed for authors, Blocked, AlreadyDecided.
    """
    review = hold(review)
    may_decide(review, by)
    found = against_approving(blockers(review.revision))
    if found:
        raise Blocked(found)
    evidence = latest_run(review.revision)
    if run is not None and evidence is not None and run.pk != evidence.pk:
        raise AlreadyDecided("A newer eval run has come in. Look at it, then decide.")
    approval = _decide(review.revision, Decision.APPROVE, by, reason, review=review)
    far = progress(requirements(review.revision))
    if far.is_enough:
        move(review, ReviewStage.APPROVED, by=by, why=reason)
    words = reason or "no further words"
    left = "" if far.is_enough else f"\n\nStill needed: {far.missing}."
    tell_of(
        review, f"approval:{approval.pk}", "review.decided", [review.opened_by],
        subject="Approved" if far.is_enough else f"Approved by {far.given} of {far.needed}",
        body=f"{by.display_name}: {words}{left}",
    )  # fmt: skip
    return approval


@transaction.atomic
def reject(review: Review, *, by: User, reason: str) -> Approval:
    """Say no, with the reason the author will read."""
    review = hold(review)
    may_decide(review, by)
    refuse_silence(reason)
    rejection = _decide(review.revision, Decision.REJECT, by, reason, review=review)
    move(review, ReviewStage.REJECTED, by=by, why=reason)
    tell_of(
        review, f"approval:{rejection.pk}", "review.decided", [review.opened_by],
        subject="Rejected", body=f"{by.display_name}: {reason}",
    )  # fmt: skip
    return rejection


@transaction.atomic
def withdraw(review: Review, *, by: User, why: str = "") -> Review:
    """Take a review back; whoever opened it may, and whoever approves."""
    review = hold(review)
    if by.pk != review.opened_by_id:
        require(by, "approve", review.variant.tenant)
    return move(review, ReviewStage.WITHDRAWN, by=by, why=why, suspended_why="", **UNSCHEDULED)


def approve_revision(revision: Revision, *, by: User, batch: uuid.UUID, reason: str) -> Approval:
    """One yes of a batch decision over repinned Revisions (invariant 4)."""
    with transaction.atomic():
        revision = hold_revision(revision)
        require(by, "approve", revision.variant.tenant)
        refuse_author(revision, by)
        found = against_approving(blockers(revision))
        if found:
            raise Blocked(found)
        return _decide(revision, Decision.APPROVE, by, reason, batch=batch)


def refuse_silence(reason: str) -> None:
    """Raise Blocked where a reason is needed and none is given."""
    if not reason.strip():
        raise Blocked([Blocker("why", "The reason is missing.", "Say what has to change.")])


def _decide(
    revision: Revision,
    decision: Decision,
    by: User,
    reason: str,
    *,
    review: Review | None = None,
    batch: uuid.UUID | None = None,
) -> Approval:
    run = latest_run(revision)
    done = run if run is not None and run.stage == RunStage.DONE else None
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                revision=revision, review=review, batch=batch, decision=decision, reason=reason,
                sha256=revision.sha256, pins=revision.pins, by=by, run=done,
                eval_hash=done.eval_hash if done else "",
                verdict=done.verdict.kind if done else "", round=review.round if review else 1,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDecided("You have decided on this revision before.") from None
    events.record(f"approval.{decision}", approval, by, reason, revision.variant)
    return approval
