"""See to it that a text never serves again."""

from __future__ import annotations

from django.db import transaction

from fleet.release.actions.switching import lock
from fleet.release.serve import withdraw_served
from registry import events
from registry.models import Revision, Revocation, User, Variant, VariantStage
from registry.roles import require
from registry.transitions import move


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
