"""Take a Revision to everybody in steps: a canary, its next step, live for all, or stopped.

Each act is one transaction under the variant's lock, checks every blocker anew, and rewrites
what is served before it ends.
"""

from __future__ import annotations

from django.db import transaction

from fleet.release.actions import canary
from fleet.release.actions.switching import lock
from fleet.release.models import Release, Stage
from fleet.release.plan import DEFAULT, Plan
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.blockers import Blocker
from fleet.review.models import Review, ReviewStage
from registry import border
from registry.models import User
from registry.roles import require


@transaction.atomic
def start_canary(
    review: Review,
    *,
    by: User,
    plan: Plan = DEFAULT,
    by_time: bool = False,
    acknowledged: bool = False,
    reason: str = "",
) -> Release:
    """Give an approved Revision the first step's share of sessions, beside what is live.

    The review stays approved while its canary runs. Raises Blocked, AlreadyDecided, NotAllowed.
    """
    border.check(reason)
    variant = lock(review.variant)
    require(by, "release", variant.tenant)
    review = Review.objects.select_related("revision").get(pk=review.pk)
    if review.stage != ReviewStage.APPROVED:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}”. Only an approved one starts a canary."
        )
    return canary.begin(
        variant, review.revision, by=by, plan=plan, by_time=by_time, acknowledged=acknowledged,
        reason=reason,
    )  # fmt: skip


@transaction.atomic
def next_step(release: Release, *, by: User, step: int, acknowledged: bool = False) -> Release:
    """Give a canary the share of its next step.

    `step` is the one the page showed, from 0: a second click raises AlreadyDecided.
    """
    release = _running(release, by, "release")
    if release.step != step:
        raise AlreadyDecided(
            f"It is at step {release.step + 1} by now: somebody was faster. Look, then go on."
        )
    if release.step + 1 >= len(release.plan):
        raise Blocked(
            [Blocker("steps", "This was its last step.", "Make it live for all, or stop it.")]
        )
    canary.recheck(release, acknowledged=acknowledged)
    return canary.widen(release, by=by)


@transaction.atomic
def promote(release: Release, *, by: User, reason: str = "", acknowledged: bool = False) -> Release:
    """Make a canary live for everybody: the same release goes on as the live one."""
    border.check(reason)
    release = _running(release, by, "release")
    canary.recheck(release, acknowledged=acknowledged)
    return canary.go_live(release, by=by, reason=reason)


@transaction.atomic
def stop_canary(release: Release, *, by: User, reason: str) -> Release:
    """Give every session back to what is live. Its review has to be decided anew."""
    border.check(reason)
    release = _running(release, by, "roll_back")
    if not reason.strip():
        raise Blocked([Blocker("why", "The reason is missing.", "Say why it has to stop.")])
    return canary.call_off(release, by=by, reason=reason.strip())


def _running(release: Release, by: User, capability: str) -> Release:
    """The canary as it is under its variant's lock; AlreadyDecided when it ended meanwhile."""
    variant = lock(release.variant)
    require(by, capability, variant.tenant)
    release = Release.objects.select_related("revision", "experiment").get(pk=release.pk)
    release.variant = variant
    if release.stage != Stage.CANARY:
        raise AlreadyDecided(f"This canary is “{release.get_stage_display()}” already.")
    return release
