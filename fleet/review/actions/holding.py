"""Hold a review and its variant under lock, and ask again who may decide it."""

from __future__ import annotations

from typing import Any

from fleet.review.actions.errors import AlreadyDecided
from fleet.review.barred import is_barred
from fleet.review.models import Review, ReviewStage
from registry.models import Revision, User, Variant
from registry.roles import NotAllowed, require

UNSCHEDULED: dict[str, Any] = {
    "publish_at": None, "scheduled_by": None, "schedule_batch": None,
    "schedule_acknowledged": False,
}  # fmt: skip
"""What a review that leaves the schedule no longer says."""


def hold(review: Review) -> Review:
    """The review and its variant under lock: releases and decisions queue behind each other."""
    Variant.objects.select_for_update(of=("self",), no_key=True).get(pk=review.variant_id)
    return (
        Review.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "revision__variant__tenant", "revision__variant__prompt", "variant__tenant",
            "variant__prompt", "opened_by", "scheduled_by",
        )
        .get(pk=review.pk)
    )  # fmt: skip


def hold_revision(revision: Revision) -> Revision:
    """A Revision with its variant under lock, where there may be no review of it."""
    Variant.objects.select_for_update(of=("self",), no_key=True).get(pk=revision.variant_id)
    return Revision.objects.select_related(
        "variant__tenant", "variant__prompt", "model_target", "parent"
    ).get(pk=revision.pk)


def may_decide(review: Review, by: User) -> None:
    """Raise NotAllowed or AlreadyDecided unless this person may decide it now."""
    require(by, "approve", review.variant.tenant)
    refuse_author(review.revision, by)
    if review.stage != ReviewStage.OPEN:
        raise decided_already(review)


def refuse_author(revision: Revision, by: User) -> None:
    """Raise NotAllowed for whoever wrote any part of what is new in it, or asked for it."""
    if is_barred(revision, by):
        raise NotAllowed("You wrote part of this, so somebody else has to decide.")


def decided_already(review: Review) -> AlreadyDecided:
    """What to say to whoever came too late."""
    return AlreadyDecided(
        f"This review is “{review.get_stage_display()}” already. Reload to see by whom."
    )
