"""Change what a variant serves: one transaction, under the variant's lock."""

from __future__ import annotations

from django.utils import timezone

from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.serve import serve
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker, against_release, blockers
from registry import events
from registry.models import Revision, User, Variant, VariantStage
from registry.transitions import move


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
    serve(variant)
    events.record(
        f"release.{kind}", release, by, reason, revision=revision.number, sha256=revision.sha256,
        from_revision=old.revision.number if old else None,
    )  # fmt: skip
    return release
