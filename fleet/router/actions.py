"""Propose router rules, decide on them, put them in force, go back."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction

from fleet import mail
from fleet.notify.actions import tell
from fleet.review.actions import AlreadyDecided
from fleet.review.models import Decision
from fleet.router.document import Document
from fleet.router.models import (
    RouterApproval,
    RouterRelease,
    RouterReview,
    RouterReviewStage,
    RouterStage,
    RouterVersion,
)
from fleet.stream.bell import ring_after_commit
from registry import border, events
from registry.models import Prompt, User
from registry.roles import NotAllowed, require
from registry.transitions import move

WAITING = "review.waiting"
DECIDED = "review.decided"


class Unfit(Exception):
    """It may not go on like this; the message says what to do."""


def in_force(prompt: Prompt | None) -> RouterRelease | None:
    """The release of exactly this scope that is in force."""
    live = RouterRelease.objects.filter(prompt=prompt, stage=RouterStage.LIVE)
    return live.select_related("version__author", "released_by").first()


@transaction.atomic
def propose(
    prompt: Prompt | None, document: Document, *, why: str, started_from: int, by: User
) -> RouterReview:
    """Freeze the rules as the scope's next version and ask for a review of them.

    `started_from` is the number in force when the form was opened, 0 for none: where it moved
    on since, AlreadyDecided. Raises Unfit for no reason given or nothing changed.
    """
    require(by, "author_router")
    border.check(why)
    if not why.strip():
        raise Unfit("Say in a sentence what the change is for.")
    _lock(prompt)
    now = in_force(prompt)
    if started_from != (now.version.number if now else 0):
        raise AlreadyDecided(
            "Other rules came into force since you opened this form. What you typed is still "
            "here: compare it with what is in force now, then submit it again."
        )
    if now is not None and now.version.sha256 == document.sha256:
        raise Unfit("These are the rules in force already. Change something first.")
    last = RouterVersion.objects.filter(prompt=prompt).order_by("-number").first()
    version = RouterVersion.objects.create(
        prompt=prompt, number=last.number + 1 if last else 1, rules=list(document.rules),
        fallbacks={lane: list(lanes) for lane, lanes in document.fallbacks.items()},
        sha256=document.sha256, note=why.strip(), author=by,
    )  # fmt: skip
    review = RouterReview.objects.create(version=version, opened_by=by)
    events.record("router.proposed", review, by, why, number=version.number)
    approvers = [user for user in mail.holders("approve") if user.pk != by.pk]
    tell(
        f"router:{review.pk}:opened", WAITING, approvers, subject=f"Review waiting: {version}",
        body=f"{by.display_name}: {why.strip()}", path=review.get_absolute_url(),
    )  # fmt: skip
    return review


@transaction.atomic
def decide(review: RouterReview, decision: str, *, by: User, reason: str = "") -> RouterApproval:
    """Say yes or no to exactly these rules. NotAllowed for whoever wrote them."""
    review = _locked(review)
    require(by, "approve")
    border.check(reason)
    if review.version.author_id == by.pk:
        raise NotAllowed("You wrote these rules, so somebody else has to decide.")
    if review.stage != RouterReviewStage.OPEN:
        raise AlreadyDecided(f"This review is “{review.get_stage_display()}” already.")
    if decision == Decision.REJECT and not reason.strip():
        raise Unfit("Say what has to change.")
    try:
        with transaction.atomic():
            approval = RouterApproval.objects.create(
                version=review.version, decision=decision, reason=reason.strip(),
                sha256=review.version.sha256, by=by,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDecided("You have decided on these rules before.") from None
    yes = decision == Decision.APPROVE
    stage = RouterReviewStage.APPROVED if yes else RouterReviewStage.REJECTED
    move(review, stage, by=by, why=reason)
    tell(
        f"router:{review.pk}:decided", DECIDED, [review.opened_by],
        subject=f"{approval.get_decision_display()}: {review.version}",
        body=f"{by.display_name}: {reason.strip() or 'no further words'}",
        path=review.get_absolute_url(),
    )  # fmt: skip
    return approval


@transaction.atomic
def withdraw(review: RouterReview, *, by: User, why: str = "") -> RouterReview:
    """Take it back; whoever asked may, and whoever approves."""
    review = _locked(review)
    if by.pk != review.opened_by_id:
        require(by, "approve")
    return move(review, RouterReviewStage.WITHDRAWN, by=by, why=why)


@transaction.atomic
def publish(review: RouterReview, *, by: User) -> RouterRelease:
    """Put approved rules in force for every request from now on."""
    review = _locked(review)
    require(by, "release")
    if review.stage != RouterReviewStage.APPROVED:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}”. Only approved rules come into force."
        )
    now = in_force(review.version.prompt)
    if now is not None and now.version.number > review.version.number:
        raise AlreadyDecided(f"{now.version} is newer and in force. Propose these rules again.")
    move(review, RouterReviewStage.PUBLISHED, by=by)
    return _switch(review.version, RouterStage.SUPERSEDED, by, "")


@transaction.atomic
def roll_back(version: RouterVersion, *, by: User, reason: str) -> RouterRelease:
    """Put rules that were in force before in force again, at once."""
    _lock(version.prompt)
    require(by, "roll_back")
    border.check(reason)
    if by.sees_own_tenants_only:
        raise NotAllowed("You may not change the router: it is about every customer.")
    if not reason.strip():
        raise Unfit("Say why, in a few words: it stands in the trail.")
    now = in_force(version.prompt)
    if now is not None and now.version_id == version.pk:
        raise Unfit(f"{version} is in force already.")
    if not version.releases.exists():
        raise Unfit(f"{version} was never in force, so it is no way back.")
    return _switch(version, RouterStage.ROLLED_BACK, by, reason.strip())


def _switch(version: RouterVersion, end: RouterStage, by: User, reason: str) -> RouterRelease:
    now = in_force(version.prompt)
    if now is not None:
        move(now, end, by=by, why=reason)
    release = RouterRelease.objects.create(
        prompt=version.prompt, version=version, replaces=now, released_by=by, reason=reason
    )
    verb = "router.rollback" if end == RouterStage.ROLLED_BACK else "router.published"
    events.record(verb, release, by, reason, number=version.number)
    ring_after_commit()
    return release


def _locked(review: RouterReview) -> RouterReview:
    found = RouterReview.objects.select_related("version__prompt", "opened_by").get(pk=review.pk)
    _lock(found.version.prompt)
    found.refresh_from_db(fields=["stage"])
    return found


def _lock(prompt: Prompt | None) -> None:
    """One change of a scope at a time; all prompts' scope is locked by its number alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(47002, %s)", [prompt.pk if prompt else 0])
