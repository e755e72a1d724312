"""Say yes or no to exactly one Revision on exactly this evidence, or take the question back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from evals.models import EvalRun, RunStage
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import (
    OWN_WORDS,
    UNSCHEDULED,
    hold,
    hold_revisions,
    may_decide,
)
from fleet.review.actions.telling import tell_of
from fleet.review.barred import contributors_of
from fleet.review.blockers import (
    Blocker,
    against_approving,
    blockers,
    blockers_of,
    latest_run,
)
from fleet.review.evidence import latest_runs
from fleet.review.models import Approval, Decision, Review, ReviewStage
from fleet.review.rules import progress, requirements
from registry import events
from registry.models import Revision, User
from registry.roles import NotAllowed, require
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


@transaction.atomic
def approve_revisions(
    revisions: Sequence[Revision], *, by: User, batch: UUID, reason: str
) -> dict[UUID, str]:
    """The yeses of one decision over repinned Revisions (invariant 4), each judged by itself.

    Returns those that get none, each with why. All are under lock together and what is judged
    is read for all at once: the queries do not grow with them.
    """
    held = hold_revisions(revisions)
    left = _refusals(held, by)
    approved = [revision for revision in held if revision.pk not in left]
    runs = latest_runs(revision.pk for revision in approved)
    made = Approval.objects.bulk_create(
        _decision(one, runs.get(one.pk), Decision.APPROVE, by, reason, batch=batch)
        for one in approved
    )
    events.record_all(f"approval.{Decision.APPROVE}", [(one, reason, {}) for one in made], by)
    return left


def _refusals(revisions: Sequence[Revision], by: User) -> dict[UUID, str]:
    """Those that this person cannot say yes to now, each with why; the caller holds them."""
    wrote, found = contributors_of(revisions), blockers_of(revisions)
    said = Approval.objects.filter(revision__in=revisions, by=by, round=BATCH_ROUND)
    decided = set(said.values_list("revision_id", flat=True))
    left = {}
    for revision in revisions:
        try:
            require(by, "approve", revision.variant.tenant)
            if by.pk in wrote[revision.pk]:
                raise NotAllowed(OWN_WORDS)
            if stops := against_approving(found[revision.pk]):
                raise Blocked(stops)
            if revision.pk in decided:
                raise AlreadyDecided(DECIDED)
        except (NotAllowed, Blocked, AlreadyDecided) as why:
            left[revision.pk] = str(why)
    return left


def refuse_silence(reason: str) -> None:
    """Raise Blocked where a reason is needed and none is given."""
    if not reason.strip():
        raise Blocked([Blocker("why", "The reason is missing.", "Say what has to change.")])


def _decide(
    revision: Revision, decision: Decision, by: User, reason: str, *, review: Review
) -> Approval:
    approval = _decision(revision, latest_run(revision), decision, by, reason, review=review)
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        raise AlreadyDecided(DECIDED) from None
    events.record(f"approval.{decision}", approval, by, reason)
    return approval


def _decision(
    revision: Revision,
    run: EvalRun | None,
    decision: Decision,
    by: User,
    reason: str,
    *,
    review: Review | None = None,
    batch: UUID | None = None,
) -> Approval:
    """A yes or no on exactly this Revision and evidence, not stored yet."""
    done = run if run is not None and run.stage == RunStage.DONE else None
    return Approval(
        revision=revision, review=review, batch=batch, decision=decision, reason=reason,
        sha256=revision.sha256, pins=revision.pins, by=by, run=done,
        eval_hash=done.eval_hash if done else "",
        verdict=done.verdict.kind if done else "", round=review.round if review else BATCH_ROUND,
    )  # fmt: skip


DECIDED = "You have decided on this revision before."
"""What is said to somebody's second decision on a Revision in one round."""

BATCH_ROUND = 1
"""The round of a yes without a review: there is no other."""
