"""Who else has the same overlay open, for the page and for its heartbeat."""

from __future__ import annotations

from registry import lines
from registry.actions.visits import others_at
from registry.models import OverlayVisit, User, Variant


def who_else(variant: Variant, user: User) -> list[OverlayVisit]:
    """Everybody but `user` who has this variant's overlay open now."""
    overlay = lines.overlay_line(variant)
    return others_at(overlay, user) if overlay is not None else []
