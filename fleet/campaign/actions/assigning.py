"""Who brings tracks home, and whose customer need not sign."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from fleet.campaign.actions.plan_rows import CannotPlan, open_rows, tell, text_of, write
from fleet.campaign.models import Campaign, Track, TrackStage
from registry.models import User

UNSIGNED = (TrackStage.QUEUED, TrackStage.EVALUATING, TrackStage.NEEDS_WORK, TrackStage.DEFERRED)
"""Stages in which it may still be settled whether the customer has to sign."""


@transaction.atomic
def set_owner(
    campaign: Campaign, tracks: Collection[Track], owner: User | None, *, by: User
) -> int:
    """Say who brings the tracks home; None: the accounts' owners. Raises NotAllowed, CannotPlan."""
    rows = open_rows(campaign, tracks, tuple(TrackStage), by, "")
    if owner is not None and not owner.is_active:
        raise CannotPlan(f"{owner.display_name} does not work here any more. Choose another.")
    write(rows, "owner_id", lambda _: owner.pk if owner else None, by)
    tell(campaign, rows, "owner_set", by, owner=owner.username if owner else None)
    return len(rows)


@transaction.atomic
def set_exempt(campaign: Campaign, tracks: Collection[Track], why: str, *, by: User) -> int:
    """Say why the customers of these need not sign; empty: they have to.

    Only before it is their turn. Raises NotAllowed, CannotPlan.
    """
    rows = open_rows(campaign, tracks, UNSIGNED, by, "The customer has been asked already")
    why = text_of(why).strip()
    write(rows, "sign_off_exempt_why", lambda _: why, by)
    tell(campaign, rows, "sign_off_waived" if why else "sign_off_wanted", by, why=why)
    return len(rows)
