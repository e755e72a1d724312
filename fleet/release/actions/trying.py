"""Try a Revision out without serving it: in the shadow of what is live, or on staging.

Neither needs an approval, for no caller gets the text unasked. A text that the policy blocks or
that was revoked is not tried out.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fleet.release.actions.switching import lock, serve_again
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.blockers import Blocker, blockers
from registry import border, events
from registry.models import Revision, User, Variant, VariantStage
from registry.roles import require
from registry.transitions import move

STOPS_A_TRIAL = ("revoked", "lint", "layer")
"""Codes of the blockers that hold for a trial too."""


@transaction.atomic
def start_shadow(revision: Revision, *, by: User, reason: str = "") -> Release:
    """Name the Revision beside the live answer, so that applications run and log it.

    It takes the place of another shadow. Raises Blocked, AlreadyDecided, NotAllowed.
    """
    return _start(revision, Stage.SHADOW, by=by, reason=reason)


@transaction.atomic
def put_on_staging(revision: Revision, *, by: User, reason: str = "") -> Release:
    """Let keys for staging fetch the Revision, live or not.

    It takes the place of what was on staging. Raises Blocked, AlreadyDecided, NotAllowed.
    """
    return _start(revision, Stage.STAGING, by=by, reason=reason)


@transaction.atomic
def stop_shadow(release: Release, *, by: User, reason: str = "") -> Release:
    """Name it no longer. Raises AlreadyDecided, NotAllowed."""
    return _stop(release, Stage.SHADOW, by=by, reason=reason)


@transaction.atomic
def take_off_staging(release: Release, *, by: User, reason: str = "") -> Release:
    """Staging keys get nothing for it any longer. Raises AlreadyDecided, NotAllowed."""
    return _stop(release, Stage.STAGING, by=by, reason=reason)


def _start(revision: Revision, stage: Stage, *, by: User, reason: str) -> Release:
    border.check(reason)
    variant = lock(revision.variant)
    require(by, "release", variant.tenant)
    _refuse_unfit(variant, revision, stage)
    running = Release.objects.filter(variant=variant)
    taken = running.filter(revision=revision, stage__in=[stage, Stage.CANARY, Stage.LIVE]).first()
    if taken is not None:
        raise AlreadyDecided(
            f"Revision {revision.number} is “{taken.get_stage_display()}” already."
        )
    for old in running.filter(stage=stage):
        move(old, Stage.SUPERSEDED, by=by, why=reason, ended_at=timezone.now())
    release = Release.objects.create(
        variant=variant, revision=revision, stage=stage, kind=ReleaseKind.PROMOTED,
        reason=reason.strip(), released_by=by,
    )  # fmt: skip
    serve_again(variant)
    events.record(
        f"release.{stage}_started", release, by, reason, revision=revision.number,
        sha256=revision.sha256,
    )  # fmt: skip
    return release


def _stop(release: Release, stage: Stage, *, by: User, reason: str) -> Release:
    border.check(reason)
    variant = lock(release.variant)
    require(by, "release", variant.tenant)
    release = Release.objects.select_related("revision").get(pk=release.pk)
    if release.stage != stage:
        raise AlreadyDecided(f"It is “{release.get_stage_display()}” by now.")
    release = move(release, Stage.SUPERSEDED, by=by, why=reason, ended_at=timezone.now())
    serve_again(variant)
    events.record(f"release.{stage}_ended", release, by, reason, revision=release.revision.number)
    return release


def _refuse_unfit(variant: Variant, revision: Revision, stage: Stage) -> None:
    found = [one for one in blockers(revision) if one.code in STOPS_A_TRIAL]
    if variant.stage == VariantStage.RETIRED:
        found.append(Blocker("retired", "This variant is retired.", "Make a new one."))
    if stage == Stage.SHADOW and not _is_live(variant):
        found.append(
            Blocker(
                "control", "Nothing is live here, so there is nothing to be the shadow of.",
                "Put it on staging instead.",
            )
        )  # fmt: skip
    if found:
        raise Blocked(found)


def _is_live(variant: Variant) -> bool:
    return (
        variant.stage == VariantStage.ACTIVE
        and Release.objects.filter(variant=variant, stage=Stage.LIVE).exists()
    )
