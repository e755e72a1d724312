"""Serve an earlier Revision again."""

from __future__ import annotations

from django.db import transaction

from fleet.release.actions.switching import lock, switch
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.blockers import revocations_of
from fleet.review.models import Approval, Decision
from registry.models import Adoption, Revision, User, Variant
from registry.roles import require


class CannotRollBack(Exception):
    """There is nothing to go back to, or it may never serve again; the message says which."""


@transaction.atomic
def roll_back(variant: Variant, *, by: User, reason: str, to: Revision | None = None) -> Release:
    """Serve an earlier Revision again at once: no gate, no other variant touched.

    `to` None means what was live before. Raises CannotRollBack when there is nothing,
    when it was never live, never approved nor adopted, or when it was revoked.
    """
    variant = lock(variant)
    require(by, "roll_back", variant.tenant)
    if not reason.strip():
        raise CannotRollBack("Say why, in a few words: it stands on the timeline.")
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    goal = to or _before(live)
    _refuse_unfit(goal, variant, live)
    return switch(variant, goal, kind=ReleaseKind.ROLLBACK, by=by, reason=reason)


def _before(live: Release | None) -> Revision:
    if live is None or live.replaces is None:
        raise CannotRollBack("Nothing was live before this one.")
    return live.replaces.revision


def _refuse_unfit(goal: Revision, variant: Variant, live: Release | None) -> None:
    if goal.variant_id != variant.pk:
        raise CannotRollBack("That revision belongs to another variant.")
    if live is not None and live.revision_id == goal.pk:
        raise CannotRollBack(f"Revision {goal.number} is live already.")
    if revocations_of(goal):
        raise CannotRollBack(f"Revision {goal.number} was revoked and may never serve again.")
    if not once_allowed(goal):
        raise CannotRollBack(f"Revision {goal.number} was never approved, so it cannot serve.")
    if not Release.objects.filter(variant=variant, revision=goal).exists():
        raise CannotRollBack(f"Revision {goal.number} was never live, so it is no way back.")


def once_allowed(revision: Revision) -> bool:
    """Whether somebody approved or adopted it at any time."""
    return (
        Approval.objects.filter(revision=revision, decision=Decision.APPROVE).exists()
        or Adoption.objects.filter(revision=revision).exists()
    )
