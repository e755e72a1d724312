"""Say yes or no to exactly one Revision on exactly this evidence, or take the question back."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from evals.models import EvalRun, RunStage
from fleet import mail
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.barred import is_barred
from fleet.review.blockers import Blocker, against_approving, blockers, latest_run
from fleet.review.models import Approval, Decision, Review, ReviewStage
from registry import events
from registry.models import Revision, User, Variant
from registry.roles import NotAllowed, require
from registry.transitions import move


@transaction.atomic
def approve(review: Review, *, by: User, reason: str = "", run: EvalRun | None = None) -> Approval:
    """Say yes to exactly this Revision on exactly this evidence.

    `run` is the evidence the page showed; newer evidence raises AlreadyDecided so that
    it is looked at first. Raises NotAllowed for authors, Blocked, AlreadyDecided.
    """
    review = _lock(review)
    _may_decide(review, by)
    found = against_approving(blockers(review.revision))
    if found:
        raise Blocked(found)
    evidence = latest_run(review.revision)
    if run is not None and evidence is not None and run.pk != evidence.pk:
        raise AlreadyDecided("A newer eval run has come in. Look at it, then decide.")
    approval = _decide(review.revision, Decision.APPROVE, by, reason, review=review)
    move(review, ReviewStage.APPROVED, by=by, why=reason)
    _tell_author(review, approval)
    return approval


@transaction.atomic
def reject(review: Review, *, by: User, reason: str) -> Approval:
    """Say no, with the reason the author will read."""
    review = _lock(review)
    _may_decide(review, by)
    if not reason.strip():
        raise Blocked([Blocker("why", "The reason is missing.", "Say what has to change.")])
    rejection = _decide(review.revision, Decision.REJECT, by, reason, review=review)
    move(review, ReviewStage.REJECTED, by=by, why=reason)
    _tell_author(review, rejection)
    return rejection


@transaction.atomic
def withdraw(review: Review, *, by: User, why: str = "") -> Review:
    """Take a review back; whoever opened it may, and whoever approves."""
    review = _lock(review)
    if by.pk != review.opened_by_id:
        require(by, "approve", review.variant.tenant)
    return move(review, ReviewStage.WITHDRAWN, by=by, why=why)


def approve_revision(revision: Revision, *, by: User, batch: uuid.UUID, reason: str) -> Approval:
    """One yes of a batch decision over repinned Revisions (invariant 4)."""
    require(by, "approve", revision.variant.tenant)
    _refuse_author(revision, by)
    found = against_approving(blockers(revision))
    if found:
        raise Blocked(found)
    return _decide(revision, Decision.APPROVE, by, reason, batch=batch)


def _lock(review: Review) -> Review:
    """The review and its variant under lock: releases and decisions queue behind each other."""
    Variant.objects.select_for_update(of=("self",), no_key=True).get(pk=review.variant_id)
    return (
        Review.objects.select_for_update(of=("self",), no_key=True)
        .select_related("revision__variant__tenant", "revision__variant__prompt", "variant")
        .get(pk=review.pk)
    )


def _may_decide(review: Review, by: User) -> None:
    require(by, "approve", review.variant.tenant)
    _refuse_author(review.revision, by)
    if review.stage != ReviewStage.OPEN:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}” already. Reload to see by whom."
        )


def _refuse_author(revision: Revision, by: User) -> None:
    if is_barred(revision, by):
        raise NotAllowed("You wrote part of this, so somebody else has to decide.")


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
                verdict=done.verdict.kind if done else "",
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDecided("You have decided on this revision before.") from None
    events.record(f"approval.{decision}", approval, by, reason, revision.variant)
    return approval


def _tell_author(review: Review, approval: Approval) -> None:
    mail.send(
        f"approval:{approval.pk}", [review.opened_by],
        subject=f"{approval.get_decision_display()}: {review.variant} revision "
        f"{review.revision.number}",
        body=f"{approval.by.display_name}: {approval.reason or 'no further words'}\n\n"
        f"{mail.link(review.get_absolute_url())}",
    )  # fmt: skip
