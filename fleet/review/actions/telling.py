"""Tell the people of a review what became of it."""

from __future__ import annotations

from collections.abc import Iterable

from fleet.notify.actions import tell
from fleet.review.models import Comment, Review
from registry.models import User


def tell_of(
    review: Review, key: str, kind: str, to: Iterable[User], *, subject: str, body: str
) -> None:
    """Tell people of a review, once by `key`; the subject ends with what it is about."""
    tell(
        key, kind, to, subject=f"{subject}: {review.variant} revision {review.revision.number}",
        body=body, path=review.get_absolute_url(), variant=review.variant,
    )  # fmt: skip


def people_of(review: Review) -> list[User]:
    """Who asked, who decided, who scheduled: everybody a change of the review concerns."""
    people = [review.opened_by, *deciders(review)]
    if review.scheduled_by is not None:
        people.append(review.scheduled_by)
    return people


def deciders(review: Review) -> list[User]:
    """Who said yes or no to it, in any round, or objects to it."""
    said = User.objects.filter(approvals__review=review)
    return [*said.distinct(), *User.objects.filter(objections__review=review).distinct()]


def thread_of(comment: Comment) -> list[User]:
    """Who wrote in the thread that a comment belongs to."""
    first = comment.answers or comment
    wrote = Comment.objects.filter(answers=first).select_related("by")
    return [first.by, *(one.by for one in wrote)]
