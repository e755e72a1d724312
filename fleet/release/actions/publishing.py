"""Make an approved Revision live, or one that served before the product came."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fleet.release.actions.canary import FIT, go_live, refuse_on_track
from fleet.release.actions.switching import lock, refuse_blocked, switch
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.actions.errors import AlreadyDecided
from fleet.review.models import Review, ReviewStage
from registry.actions import record_adoption
from registry.days import moment
from registry.models import Revision, User
from registry.roles import require
from registry.transitions import move


@transaction.atomic
def publish(review: Review, *, by: User, acknowledged: bool = False) -> Release:
    """Make an approved Revision live for everybody; its canary, where one runs, goes on as that.

    Every precondition is checked again here, under the variant's lock: Blocked names
    what stands in the way, AlreadyDecided that somebody else was first.
    """
    variant = lock(review.variant)
    require(by, "release", variant.tenant)
    review = Review.objects.select_related("revision").get(pk=review.pk)
    if review.stage not in FIT:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}”. Only an approved one can go live."
        )
    _refuse_before_time(review)
    refuse_on_track(review.revision)
    refuse_blocked(review.revision, acknowledged=acknowledged)
    running = Release.objects.filter(revision=review.revision, stage=Stage.CANARY)
    if (own := running.select_related("revision", "experiment").first()) is not None:
        own.variant = variant
        return go_live(own, by=by, reason="")
    move(review, ReviewStage.PUBLISHED, by=by)
    return switch(variant, review.revision, kind=ReleaseKind.PROMOTED, by=by)


def _refuse_before_time(review: Review) -> None:
    """Who wants it earlier takes it out of the schedule first: nobody waits for it in vain."""
    waits = review.stage == ReviewStage.SCHEDULED
    if waits and review.publish_at is not None and review.publish_at > timezone.now():
        when = timezone.localtime(review.publish_at)
        raise AlreadyDecided(
            f"It is scheduled for {moment(when)}. Take it out of the schedule first."
        )


@transaction.atomic
def adopt(revision: Revision, *, by: User, reason: str, source: str = "") -> Release:
    """Make live what served before the product came, marked “adopted, no evidence”."""
    variant = lock(revision.variant)
    record_adoption(revision, by=by, reason=reason, source=source)
    return switch(variant, revision, kind=ReleaseKind.ADOPTED, by=by, reason=reason)
