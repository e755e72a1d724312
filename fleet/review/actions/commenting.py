"""Talk about a review: on the whole, on one line of its text, or in answer to somebody."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.telling import people_of, tell_of, thread_of
from fleet.review.blockers import Blocker
from fleet.review.models import Comment, Review, Side
from registry import border, events
from registry.models import User, Variant
from registry.roles import LOOKS_ON, NotAllowed

LONGEST = 10_000
"""Characters of a comment at most."""


@transaction.atomic
def comment(
    review: Review,
    *,
    by: User,
    body: str,
    side: str = "",
    line: int | None = None,
    answers: Comment | None = None,
) -> Comment:
    """Say something about a review; whoever can see it may, except who only looks on.

    `side` ("old", "new") and `line`, from 1, name a line of the composed text there. An answer
    to an answer joins its thread. Raises NotAllowed, UnusableText, and Blocked for nothing,
    too much, or a line that is not there.
    """
    refuse_onlookers(review, by)
    body = border.from_form(body).strip()
    _refuse_length(body)
    first = _first_of(answers, review)
    quote = "" if first is not None else _quote(review, side, line)
    on_line = first is None and line is not None
    written = Comment.objects.create(
        review=review, by=by, body=body, answers=first, quote=quote,
        side=side if on_line else "", line=line if on_line else None,
    )  # fmt: skip
    events.record("review.commented", review, by, line=written.line, comment=written.pk)
    people = [one for one in [*people_of(review), *thread_of(written)] if one.pk != by.pk]
    where = f" on line {line}" if on_line else ""
    tell_of(
        review, f"comment:{written.pk}", "review.comment", people, subject=f"Comment{where}",
        body=f"{by.display_name}: {body}",
    )  # fmt: skip
    return written


@transaction.atomic
def resolve(thread: Comment, *, by: User) -> Comment:
    """Mark a thread as settled; its answers stay. AlreadyDecided when somebody was first."""
    thread = _hold(thread, by)
    if thread.resolved_at is not None:
        raise AlreadyDecided("This thread is resolved already.")
    thread.resolved_by, thread.resolved_at = by, timezone.now()
    thread.save(update_fields=["resolved_by", "resolved_at"])
    events.record("review.thread_resolved", thread.review, by, comment=thread.pk)
    return thread


@transaction.atomic
def reopen(thread: Comment, *, by: User) -> Comment:
    """Take a thread up again. AlreadyDecided when it is open."""
    thread = _hold(thread, by)
    if thread.resolved_at is None:
        raise AlreadyDecided("This thread is open already.")
    thread.resolved_by = thread.resolved_at = None
    thread.save(update_fields=["resolved_by", "resolved_at"])
    events.record("review.thread_reopened", thread.review, by, comment=thread.pk)
    return thread


def may_comment(review: Review, by: User) -> bool:
    """Whether this person may write here."""
    visible = Variant.objects.visible_to(by).filter(pk=review.variant_id)
    works = by.is_superuser or any(role != LOOKS_ON for role in by.role_names)
    return by.is_active and works and visible.exists()


def refuse_onlookers(review: Review, by: User) -> None:
    """Raise NotAllowed unless this person may write here."""
    if not may_comment(review, by):
        raise NotAllowed("You may look on here, but not write. Ask an operator for a role.")


def _hold(thread: Comment, by: User) -> Comment:
    found = Comment.objects.select_for_update(of=("self",), no_key=True).select_related(
        "review__variant"
    )
    held = found.get(pk=thread.answers_id or thread.pk)
    refuse_onlookers(held.review, by)
    return held


def _refuse_length(body: str) -> None:
    if not body:
        raise Blocked([Blocker("comment", "The comment is empty.", "Write something.")])
    if len(body) > LONGEST:
        words = f"The comment has {len(body):,} characters, {len(body) - LONGEST:,} too many."
        raise Blocked([Blocker("comment", words, "Shorten it or split it.")])


def _first_of(answers: Comment | None, review: Review) -> Comment | None:
    """The first comment of the thread that is answered."""
    if answers is None:
        return None
    if answers.review_id != review.pk:
        raise Blocked([Blocker("comment", "That thread is on another review.", "Reload the page.")])
    return answers.answers or answers


def _quote(review: Review, side: str, line: int | None) -> str:
    """The line as it reads; empty for a comment on the whole."""
    if line is None and not side:
        return ""
    parent = review.revision.parent
    text = review.revision.text if side == Side.NEW else parent.text if parent else ""
    lines = text.split("\n")
    if side not in Side.values or line is None or not 1 <= line <= len(lines) or not text:
        raise Blocked([Blocker("comment", "There is no such line.", "Reload the page.")])
    return lines[line - 1]
