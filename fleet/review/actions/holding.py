"""Hold a review and its variant under lock, and ask again who may decide it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Prefetch

from fleet.review.actions.errors import AlreadyDecided
from fleet.review.barred import is_barred
from fleet.review.models import Review, ReviewStage
from registry.models import PolicyVersion, Revision, User, Variant
from registry.roles import NotAllowed, require

UNSCHEDULED: dict[str, Any] = {
    "publish_at": None, "scheduled_by": None, "schedule_batch": None,
    "schedule_acknowledged": False,
}  # fmt: skip
"""What a review that leaves the schedule no longer says."""


OWN_WORDS = "You wrote part of this, so somebody else has to decide."
"""What whoever is barred from approving is told."""


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


def hold_revisions(revisions: Collection[Revision]) -> list[Revision]:
    """Revisions with their variants under lock and with what is judged of them.

    The locks are taken in one order: two batches over the same variants do not wait for each
    other in a circle. Texts of Revisions and policies are not fetched.
    """
    variants = {revision.variant_id for revision in revisions}
    locked = Variant.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(locked.filter(pk__in=variants).values_list("pk"))
    light = Revision.objects.defer("text", "segments").order_by()
    policies = PolicyVersion.objects.defer("text", "rules").order_by()
    layers = (Prefetch("policy_version", policies), "base_version", "overlay_version")
    return list(
        light.filter(pk__in=[revision.pk for revision in revisions])
        .select_related("variant__tenant", "variant__prompt", "model_target")
        .prefetch_related(*layers, Prefetch("parent", light.prefetch_related(*layers)))
    )


def may_decide(review: Review, by: User) -> None:
    """Raise NotAllowed or AlreadyDecided unless this person may decide it now."""
    require(by, "approve", review.variant.tenant)
    refuse_author(review.revision, by)
    if review.stage != ReviewStage.OPEN:
        raise decided_already(review)


def refuse_author(revision: Revision, by: User) -> None:
    """Raise NotAllowed for whoever wrote any part of what is new in it, or asked for it."""
    if is_barred(revision, by):
        raise NotAllowed(OWN_WORDS)


def decided_already(review: Review) -> AlreadyDecided:
    """What to say to whoever came too late."""
    return AlreadyDecided(
        f"This review is “{review.get_stage_display()}” already. Reload to see by whom."
    )
