"""Who has an overlay's form open: a page says so every few seconds while it is in sight."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from registry.actions.drafts import overlay_for
from registry.models import Overlay, OverlayVisit, User, Variant
from registry.roles import require

GONE_AFTER = dt.timedelta(seconds=30)
"""Silence after which somebody counts as gone: three signs of life, one each 10 s, missed."""


@transaction.atomic
def visit(variant: Variant, *, by: User) -> OverlayVisit:
    """Note that `by` has the form of this variant's overlay open, now.

    Whoever comes back after being gone begins a new visit.
    """
    require(by, "author_overlay", variant.tenant)
    now = timezone.now()
    found, made = OverlayVisit.objects.get_or_create(
        overlay=overlay_for(variant), user=by, defaults={"since": now, "seen_at": now}
    )
    if not made:
        if found.seen_at < now - GONE_AFTER:
            found.since = now
        found.seen_at = now
        found.save(update_fields=["since", "seen_at"])
    return found


def leave(variant: Variant, *, by: User) -> None:
    """Note that `by` closed the form: whoever else is there sees it at once."""
    require(by, "author_overlay", variant.tenant)
    OverlayVisit.objects.filter(overlay=overlay_for(variant), user=by).delete()


def others_at(overlay: Overlay, user: User) -> list[OverlayVisit]:
    """Everybody but `user` who has this overlay open now, the longest there first."""
    here = overlay.visits.filter(seen_at__gte=timezone.now() - GONE_AFTER)
    return list(here.exclude(user=user).select_related("user").order_by("since"))
