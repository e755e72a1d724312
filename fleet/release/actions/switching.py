"""Change what a variant serves: one transaction, under the variant's lock."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.serve import serve
from fleet.review.actions.errors import Blocked
from fleet.review.actions.holding import UNSCHEDULED
from fleet.review.blockers import Blocker, against_release, blockers
from fleet.review.models import Review, ReviewStage
from registry import events
from registry.models import Revision, User, Variant, VariantStage
from registry.roles import NotAllowed, require
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
    variant = wake(variant, by=by, why=reason)
    over = Stage.ROLLED_BACK if kind == ReleaseKind.ROLLBACK else Stage.SUPERSEDED
    end_beside(variant, by=by, why=reason, to=over)
    end_trials(revision, Stage.STAGING, by=by, why=reason)
    old = end_live(variant, by=by, why=reason, to=over)
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


def wake(variant: Variant, *, by: User, why: str) -> Variant:
    """A withdrawn variant answers again; a retired one never does (Blocked).

    Whoever makes it answer must be allowed to withdraw it too: NotAllowed.
    """
    if variant.stage == VariantStage.RETIRED:
        raise Blocked([Blocker("retired", "This variant is retired.", "Make a new one.")])
    if variant.stage == VariantStage.WITHDRAWN:
        _require_to_revive(variant, by)
        return move(variant, VariantStage.ACTIVE, by=by, why=why)
    return variant


def _require_to_revive(variant: Variant, by: User) -> None:
    try:
        require(by, "revoke", variant.tenant)
    except NotAllowed:
        raise NotAllowed(
            f"{variant} was withdrawn. Only who may withdraw it may make it answer again: "
            "ask a policy owner or an operator."
        ) from None


def end_live(variant: Variant, *, by: User | None, why: str, to: Stage) -> Release | None:
    """End what is live, and return it; the caller makes something else live at once."""
    old = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    if old is not None:
        move(old, to, by=by, why=why, ended_at=timezone.now())
    return old


def end_beside(
    variant: Variant,
    *,
    by: User | None,
    why: str,
    to: Stage = Stage.SUPERSEDED,
    keep: Release | None = None,
) -> list[Release]:
    """End the canary and the shadow that run beside the live release; returns what ended.

    In the caller's transaction, under `lock`, before `serve`. A canary ends as `to`; one that is
    ROLLED_BACK leaves its review to be decided anew (`ask_again`). `keep` is left running.
    """
    running = Release.objects.filter(variant=variant, stage__in=[Stage.CANARY, Stage.SHADOW])
    if keep is not None:
        running = running.exclude(pk=keep.pk)
    ended = []
    for release in running.select_related("revision"):
        is_canary = release.stage == Stage.CANARY
        end = to if is_canary else Stage.SUPERSEDED
        move(release, end, by=by, why=why, ended_at=timezone.now())
        if is_canary and end == Stage.ROLLED_BACK:
            ask_again(release.revision, by=by, why=why)
        ended.append(release)
    return ended


def ask_again(revision: Revision, *, by: User | None, why: str) -> None:
    """A text that was stopped goes out again only once people decided anew.

    Its review is the author's turn again, and no earlier approval counts any longer.
    """
    approved = Q(stage__in=[ReviewStage.APPROVED, ReviewStage.SCHEDULED])
    for review in Review.objects.filter(approved, revision=revision):
        anew = {"round": review.round + 1, **UNSCHEDULED}
        move(review, ReviewStage.CHANGES_REQUESTED, by=by, why=why, **anew)


def serve_again(variant: Variant) -> None:
    """Rewrite what callers get after something beside the live release changed.

    A variant that answers nobody stays silent.
    """
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE)
    if variant.stage == VariantStage.ACTIVE and live.exists():
        serve(variant)


def end_trials(revision: Revision, *stages: Stage, by: User | None, why: str) -> None:
    """End what runs of this Revision on staging or in the shadow."""
    for release in Release.objects.filter(revision=revision, stage__in=stages):
        move(release, Stage.SUPERSEDED, by=by, why=why, ended_at=timezone.now())
