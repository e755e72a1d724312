"""What the pages of a variant and of a track show of the ledger."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from fleet.campaign.models import Track
from fleet.ledger import rates
from fleet.ledger.actions import may_note
from fleet.ledger.forms import HoursForm
from fleet.ledger.variant import cost_of, efforts_of
from registry.models import User, Variant

SHOWN = 5
"""Notes named in a panel; the rest is behind its link."""


def variant_panel(variant: Variant, user: User) -> dict[str, Any]:
    """Context of `ledger/_variant.html`; empty for the platform default, which is no fork."""
    if variant.tenant is None:
        return {}
    return {
        "cost": cost_of(variant),
        "hours_form": HoursForm(),
        "may_note_hours": may_note(user, variant),
        "hours_variant": variant,
    }


def track_panel(track: Track, user: User) -> dict[str, Any]:
    """Context of `ledger/_track.html`: hours noted for this track, and the form; three queries."""
    variant = track.variant
    if variant.tenant is None:
        return {}
    noted = efforts_of(variant).filter(track=track)
    hours = noted.aggregate(whole=Sum("hours"))["whole"] or rates.ZERO
    return {
        "hours_variant": variant,
        "hours_track": track,
        "hours_noted": list(noted[:SHOWN]),
        "hours_whole": hours,
        "hours_cost": rates.euros(hours),
        "hours_form": HoursForm(),
        "may_note_hours": may_note(user, variant),
        "hours_user": user,
    }
