"""Serve an earlier Revision again."""

from __future__ import annotations

from django.db import transaction

from fleet.release.actions.canary import FIT, refuse_on_track
from fleet.release.actions.switching import lock, refuse_blocked, switch
from fleet.release.earlier import fit_revisions, took_traffic, way_back
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.blockers import revocations_of
from fleet.review.models import Approval, Decision, Review, ReviewStage
from registry import border
from registry.models import Adoption, Revision, User, Variant
from registry.roles import require
from registry.transitions import move


class CannotRollBack(Exception):
    """There is nothing to go back to, or it may never serve again; the message says which."""


@transaction.atomic
def roll_back(variant: Variant, *, by: User, reason: str, to: Revision | None = None) -> Release:
    """Serve an earlier Revision again at once: no gate, no other variant touched.

    `to` None means what was live before, and after a rollback what was live before that: never
    forward again to what was rolled away from. What may not serve again is passed over.

    `to` may be any Revision that took traffic once, was approved or adopted, and is not
    revoked. One that was approved but never took traffic has nothing to go *back* to: rolling
    to it would be a way round the gate where its approval is void by now (a newer policy, worse
    evidence, an objection). It is taken too, but only while it passes the gate as it stands
    and only from whoever may release it. A canary and a shadow beside what is live end.

    Raises CannotRollBack, Blocked, NotAllowed, UnusableText.
    """
    border.check(reason)
    variant = lock(variant)
    require(by, "roll_back", variant.tenant)
    if not reason.strip():
        raise CannotRollBack("Say why, in a few words: it stands on the timeline.")
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    goal = to or before(variant)
    _refuse_unfit(goal, variant, live)
    if not took_traffic(goal):
        _refuse_past_the_gate(goal, by)
    return switch(variant, goal, kind=ReleaseKind.ROLLBACK, by=by, reason=reason.strip())


def before(variant: Variant) -> Revision:
    """What a rollback without a goal goes to. CannotRollBack where there is nothing."""
    earlier = way_back(variant)
    if not earlier:
        raise CannotRollBack("Nothing was live before this one.")
    usable = {revision.pk: revision for revision in fit_revisions(variant).filter(pk__in=earlier)}
    goal = next((usable[pk] for pk in earlier if pk in usable), None)
    if goal is None:
        raise CannotRollBack(
            "Nothing that was live before may serve again: it was revoked, or never approved. "
            "Publish a new revision, or withdraw the variant."
        )
    return goal


def _refuse_unfit(goal: Revision, variant: Variant, live: Release | None) -> None:
    if goal.variant_id != variant.pk:
        raise CannotRollBack("That revision belongs to another variant.")
    if live is not None and live.revision_id == goal.pk:
        raise CannotRollBack(f"Revision {goal.number} is live already.")
    if revocations_of(goal):
        raise CannotRollBack(f"Revision {goal.number} was revoked and may never serve again.")
    if not once_allowed(goal):
        raise CannotRollBack(f"Revision {goal.number} was never approved, so it cannot serve.")


def _refuse_past_the_gate(goal: Revision, by: User) -> None:
    """A text that never took traffic is published, whatever the act is called."""
    require(by, "release", goal.variant.tenant)
    refuse_on_track(goal)
    refuse_blocked(goal, acknowledged=True)
    for review in Review.objects.filter(revision=goal, stage__in=FIT):
        move(review, ReviewStage.PUBLISHED, by=by)


def once_allowed(revision: Revision) -> bool:
    """Whether somebody approved or adopted it at any time."""
    return (
        Approval.objects.filter(revision=revision, decision=Decision.APPROVE).exists()
        or Adoption.objects.filter(revision=revision).exists()
    )
