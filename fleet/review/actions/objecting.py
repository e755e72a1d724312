"""Object to a Revision, take the objection back, or outvote it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from fleet.review.actions.deciding import refuse_silence
from fleet.review.actions.errors import AlreadyDecided
from fleet.review.actions.holding import (
    UNSCHEDULED,
    decided_already,
    hold,
    hold_revision,
    refuse_author,
)
from fleet.review.actions.settling import is_objected, settle
from fleet.review.actions.telling import people_of, tell_of
from fleet.review.models import UNDER_WAY, Objection, ObjectionStage, Review, ReviewStage
from registry import border, events
from registry.models import Revision, User
from registry.roles import NotAllowed, require
from registry.transitions import move


@transaction.atomic
def request_changes(review: Review, *, by: User, reason: str) -> Objection:
    """Object to a review: nothing goes on until it is lifted or outvoted.

    Raises NotAllowed without the right to approve and for authors, Blocked without a
    reason, AlreadyDecided when the review is over or this person objects already.
    """
    review = hold(review)
    if review.stage not in UNDER_WAY:
        raise decided_already(review)
    objection = _raise(review.revision, review, by, reason)
    words, people = f"{by.display_name} objects: {objection.reason}", people_of(review)
    due = {"suspended_why": words} if review.stage == ReviewStage.SCHEDULED else {}
    if review.stage != ReviewStage.CHANGES_REQUESTED:
        why = objection.reason
        move(review, ReviewStage.CHANGES_REQUESTED, by=by, why=why, **due, **UNSCHEDULED)
    tell_of(
        review, f"objection:{objection.pk}", "review.objection",
        [one for one in people if one.pk != by.pk], subject="Changes requested", body=words,
    )  # fmt: skip
    return objection


@transaction.atomic
def object_to(revision: Revision, *, by: User, reason: str) -> Objection:
    """Object to a Revision without a review of its own: a repin of a migration or roll-out.

    Where it has a review this is `request_changes`.
    """
    review = Review.objects.filter(revision=revision).first()
    if review is not None:
        return request_changes(review, by=by, reason=reason)
    return _raise(hold_revision(revision), None, by, reason)


@transaction.atomic
def lift(objection: Objection, *, by: User, why: str = "") -> Objection:
    """Take one's own objection back. NotAllowed for anybody else, IllegalMove when it is over."""
    objection = _hold(objection)
    if by.pk != objection.by_id or not by.is_active:
        raise NotAllowed(
            f"Only {objection.by.display_name} can lift this objection. A policy owner can "
            "outvote it with a reason."
        )
    return _end(objection, ObjectionStage.LIFTED, by, why)


@transaction.atomic
def overrule(objection: Objection, *, by: User, reason: str) -> Objection:
    """Outvote somebody's objection, with a reason that stays beside it.

    NotAllowed without the capability, for authors of what is new, and for one's own.
    """
    objection = _hold(objection)
    require(by, "overrule", objection.revision.variant.tenant)
    refuse_author(objection.revision, by)
    if by.pk == objection.by_id:
        raise NotAllowed("This objection is your own: lift it instead.")
    refuse_silence(reason)
    return _end(objection, ObjectionStage.OUTVOTED, by, reason)


def _raise(revision: Revision, review: Review | None, by: User, reason: str) -> Objection:
    require(by, "approve", revision.variant.tenant)
    refuse_author(revision, by)
    refuse_silence(reason)
    try:
        with transaction.atomic():
            objection = Objection.objects.create(
                revision=revision, review=review, reason=border.from_form(reason.strip()), by=by
            )
    except IntegrityError:
        raise AlreadyDecided("You object to this already. Your objection stands.") from None
    events.record("objection.raised", objection, by, reason, revision.variant)
    return objection


def _hold(objection: Objection) -> Objection:
    found = Objection.objects.select_related("by", "review").get(pk=objection.pk)
    if found.review is not None:
        found.review = hold(found.review)
    found.revision = hold_revision(found.revision)
    return found


def _end(objection: Objection, to: ObjectionStage, by: User, why: str) -> Objection:
    why = border.from_form(why.strip())
    objection = move(
        objection, to, by=by, why=why, ended_by=by, ended_why=why, ended_at=timezone.now()
    )
    review = objection.review
    if review is None:
        return objection
    people = [one for one in people_of(review) if one.pk != by.pk]
    tell_of(
        review, f"objection:{objection.pk}:{to}", "review.objection", people,
        subject=f"Objection {objection.get_stage_display().lower()}",
        body=f"{by.display_name}: {why or 'no further words'}",
    )  # fmt: skip
    if review.stage == ReviewStage.CHANGES_REQUESTED and not is_objected(review):
        settle(move(review, ReviewStage.OPEN, by=by, why="Nobody objects any more."), by=by)
    return objection
