"""Whose turn it is on many reviews: what one person can do about each of them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fleet.campaign.models import Track
from fleet.review.barred import barred_from
from fleet.review.models import Approval, Review, ReviewStage
from registry.models import User


@dataclass(frozen=True)
class Need:
    """What a person can do about a review now: a verb, and the dialog of its page."""

    verb: str
    act: str = ""


@dataclass(frozen=True)
class Turn:
    """`barred`: they wrote part of it; `need`: None when it waits for others."""

    barred: bool
    may_decide: bool
    may_release: bool
    need: Need | None


NOBODYS = Turn(barred=False, may_decide=False, may_release=False, need=None)
"""Of a review that waits for its time, or for nothing any more."""


def turns_of(reviews: Sequence[Review], user: User) -> dict[int, Turn]:
    """Review -> this person's turn; six queries, however many there are."""
    own = barred_from([review.pk for review in reviews], user)
    said, tracked = _said(reviews, user), _tracked(reviews)
    approves, releases = user.has_perm("registry.approve"), user.has_perm("registry.release")
    found = {}
    for review in reviews:
        barred = review.pk in own
        is_open, is_free = review.stage == ReviewStage.OPEN, review.revision_id not in tracked
        may_decide = approves and is_open and not barred and review.pk not in said
        may_release = releases and is_free and review.stage == ReviewStage.APPROVED
        need = _need(review, user, may_decide, may_release)
        found[review.pk] = Turn(barred, may_decide, may_release, need)
    return found


def _need(review: Review, user: User, may_decide: bool, may_release: bool) -> Need | None:
    """What this person can do about it now; None when it waits for others."""
    if review.suspended_why and user.pk in (review.opened_by_id, review.scheduled_by_id):
        return Need("Suspended: look")
    if may_decide:
        return Need("Decide")
    if review.stage == ReviewStage.CHANGES_REQUESTED and review.opened_by_id == user.pk:
        return Need("Changes requested")
    return Need("Make live", "publish") if may_release else None


def _said(reviews: Sequence[Review], user: User) -> set[int]:
    """Reviews on whose present round this person has said yes or no."""
    rounds = {review.pk: review.round for review in reviews}
    given = Approval.objects.filter(review__in=rounds, by=user).values_list("review_id", "round")
    return {pk for pk, number in given if pk is not None and rounds[pk] == number}


def _tracked(reviews: Sequence[Review]) -> set[UUID]:
    """Revisions that a migration or roll-out brings in: they go live from its track."""
    ids = [review.revision_id for review in reviews if review.stage == ReviewStage.APPROVED]
    tracks = Track.objects.filter(revision__in=ids, closed_at__isnull=True)
    return set(tracks.values_list("revision_id", flat=True))
