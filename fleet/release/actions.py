"""Put a Revision into traffic, and back: each switch is one transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.serve import serve, withdraw_served
from fleet.review.actions import AlreadyDecided, Blocked
from fleet.review.blockers import Blocker, against_release, blockers, revocations_of
from fleet.review.models import Approval, Decision, Review, ReviewStage
from registry import events
from registry.actions import record_adoption
from registry.models import Adoption, Revision, Revocation, User, Variant, VariantStage
from registry.roles import require
from registry.transitions import move


class CannotRollBack(Exception):
    """There is nothing to go back to, or it may never serve again; the message says which."""


@transaction.atomic
def publish(review: Review, *, by: User, acknowledged: bool = False) -> Release:
    """Make an approved Revision live.

    Every precondition is checked again here, under the variant's lock: Blocked names
    what stands in the way, AlreadyDecided that somebody else was first.
    """
    variant = lock(review.variant)
    require(by, "release", variant.tenant)
    review = Review.objects.select_related("revision").get(pk=review.pk)
    if review.stage != ReviewStage.APPROVED:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}”. Only an approved one can go live."
        )
    _refuse_on_track(review.revision)
    refuse_blocked(review.revision, acknowledged=acknowledged)
    move(review, ReviewStage.PUBLISHED, by=by)
    return switch(variant, review.revision, kind=ReleaseKind.PROMOTED, by=by)


def _refuse_on_track(revision: Revision) -> None:
    """What a migration is to bring goes live from its track, once the customer signed."""
    if revision.tracks.filter(closed_at__isnull=True).exists():
        raise Blocked(
            [
                Blocker(
                    "track",
                    "This revision is part of a migration or roll-out.",
                    "Cut it over from its track, once the customer has signed off.",
                )
            ]
        )


@transaction.atomic
def adopt(revision: Revision, *, by: User, reason: str, source: str = "") -> Release:
    """Make live what served before the product came, marked “adopted, no evidence”."""
    variant = lock(revision.variant)
    record_adoption(revision, by=by, reason=reason, source=source)
    return switch(variant, revision, kind=ReleaseKind.ADOPTED, by=by, reason=reason)


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


@transaction.atomic
def withdraw(variant: Variant, *, by: User, reason: str) -> Variant:
    """Answer 410 to every caller of this variant from now on."""
    variant = lock(variant)
    require(by, "revoke", variant.tenant)
    variant = move(variant, VariantStage.WITHDRAWN, by=by, why=reason)
    withdraw_served(variant)
    return variant


@transaction.atomic
def revoke(revision: Revision, *, by: User, reason: str) -> Revocation:
    """Mark a Revision so that it can never be released nor rolled back to."""
    require(by, "revoke", revision.variant.tenant)
    revocation = Revocation.objects.create(revision=revision, reason=reason, by=by)
    events.record("revision.revoked", revision, by, reason)
    return revocation


def lock(variant: Variant) -> Variant:
    """The variant under row lock: one switch at a time."""
    return (
        Variant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("prompt", "tenant")
        .get(pk=variant.pk)
    )


def refuse_blocked(revision: Revision, *, acknowledged: bool) -> None:
    """Raise Blocked while anything stands between the Revision and traffic."""
    found = against_release(blockers(revision), acknowledged=acknowledged)
    if found:
        raise Blocked(found)


def switch(
    variant: Variant, revision: Revision, *, kind: ReleaseKind, by: User, reason: str = ""
) -> Release:
    """End the live release and start a new one, in the caller's transaction, under `lock`."""
    if variant.stage == VariantStage.RETIRED:
        raise Blocked([Blocker("retired", "This variant is retired.", "Make a new one.")])
    if variant.stage == VariantStage.WITHDRAWN:
        variant = move(variant, VariantStage.ACTIVE, by=by, why=reason)
    old = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    if old is not None:
        end = Stage.ROLLED_BACK if kind == ReleaseKind.ROLLBACK else Stage.SUPERSEDED
        move(old, end, by=by, why=reason, ended_at=timezone.now())
    release = Release.objects.create(
        variant=variant, revision=revision, stage=Stage.LIVE, kind=kind, reason=reason,
        replaces=old, released_by=by,
    )  # fmt: skip
    serve(release)
    events.record(
        f"release.{kind}", release, by, reason, revision=revision.number, sha256=revision.sha256,
        from_revision=old.revision.number if old else None,
    )  # fmt: skip
    return release
