"""See to it that a text never serves again: one version of it, or a variant as a whole."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from fleet.release.actions.switching import ask_again, end_beside, lock, serve_again, wake
from fleet.release.models import Release, Stage
from fleet.release.revoked import Revocable, name_of, pin_of, standing_on, tenant_of
from fleet.release.serve import serve, withdraw_served
from fleet.review.blockers import revocations_of
from registry import border, events
from registry.models import Revocation, User, Variant, VariantStage
from registry.roles import require
from registry.transitions import move


class CannotEnd(Exception):
    """It was done already, no reason was given, or it may not serve; the message says which."""


@transaction.atomic
def withdraw(variant: Variant, *, by: User, reason: str) -> Variant:
    """Answer 410 to every caller of this variant from now on; what runs beside it ends.

    Raises CannotEnd, IllegalMove, NotAllowed, UnusableText.
    """
    why = _said(reason)
    variant = lock(variant)
    require(by, "revoke", variant.tenant)
    if variant.stage == VariantStage.WITHDRAWN:
        raise CannotEnd("It is withdrawn already: its callers get 410.")
    end_beside(variant, by=by, why=why, to=Stage.ROLLED_BACK)
    variant = move(variant, VariantStage.WITHDRAWN, by=by, why=why)
    withdraw_served(variant)
    return variant


@transaction.atomic
def restore(variant: Variant, *, by: User, reason: str) -> Variant:
    """Serve again what was live when the variant was withdrawn.

    Raises CannotEnd where nothing was, or where that was revoked since.
    """
    why = _said(reason)
    variant = lock(variant)
    require(by, "revoke", variant.tenant)
    if variant.stage != VariantStage.WITHDRAWN:
        raise CannotEnd(f"It is “{variant.get_stage_display()}”, so there is nothing to restore.")
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    if live is not None and revocations_of(live.revision):
        raise CannotEnd(
            f"Revision {live.revision.number} was revoked. Roll back to an earlier one, or "
            "publish a new one: either makes the variant answer again."
        )
    variant = wake(variant, by=by, why=why)
    if live is not None:
        serve(variant)
    return variant


@transaction.atomic
def revoke(what: Revocable, *, by: User, reason: str) -> Revocation:
    """Mark a Revision, or one version of a layer, so that it is never released nor rolled back to.

    Canaries, shadows and staging releases that stand on it end at once. What is live stays
    live, since some text has to serve: every page of those variants demands an act.
    Raises CannotEnd where it was revoked already, NotAllowed, UnusableText.
    """
    why = _said(reason)
    require(by, "revoke", tenant_of(what))
    # Two at once: the second waits here, then sees the first.
    what = type(what)._default_manager.select_for_update(no_key=True).get(pk=str(what.pk))
    before = Revocation.objects.filter(**{pin_of(what): what}).select_related("by").first()
    if before is not None:
        name = name_of(what)
        raise CannotEnd(
            f"{name[0].upper()}{name[1:]} was revoked already, by {before.by.display_name}: "
            f"{before.reason}"
        )
    revocation = Revocation.objects.create(**{pin_of(what): what}, reason=why, by=by)
    events.record(f"{type(what)._meta.model_name}.revoked", what, by, why)
    _end_trials_on(what, by, why)
    return revocation


def _said(reason: str) -> str:
    border.check(reason)
    if not reason.strip():
        raise CannotEnd("Say why, in a few words: it stands on the timeline.")
    return reason.strip()


def _end_trials_on(what: Revocable, by: User, why: str) -> None:
    """End what takes no full traffic yet; the variants in one order, so that no two wait."""
    beside = [Stage.CANARY, Stage.SHADOW, Stage.STAGING]
    variants = Variant.objects.filter(
        pk__in=Release.objects.filter(standing_on(what), stage__in=beside).values("variant")
    )
    for variant in variants.order_by("pk"):
        held = lock(variant)
        on_it = Release.objects.filter(standing_on(what), variant=held, stage__in=beside)
        for release in on_it.select_related("revision"):
            was_canary = release.stage == Stage.CANARY
            end = Stage.ROLLED_BACK if was_canary else Stage.SUPERSEDED
            move(release, end, by=by, why=why, ended_at=timezone.now())
            if was_canary:
                ask_again(release.revision, by=by, why=why)
        serve_again(held)
