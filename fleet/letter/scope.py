"""Which letters, tracks and words a person may see."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from fleet.campaign import scope
from fleet.campaign.models import Track
from fleet.letter.models import Letter
from fleet.letter.sending import sendable
from registry.models import Tenant, User, Variant


def letters_of(user: User) -> QuerySet[Letter]:
    """Letters about variants that this person may see, with what a list says of each."""
    mine = Letter.objects.filter(track__variant__in=Variant.objects.visible_to(user))
    return mine.select_related(
        *scope.of("track__campaign"), "track__variant__tenant", "track__variant__prompt", "by",
        "contact",
    ).defer(*scope.of("track__campaign", scope.TEXTS))  # fmt: skip


def tracks_for(user: User) -> QuerySet[Track]:
    """Tracks this person may see, with all that a letter about them says."""
    return sendable(Track.objects.filter(variant__in=Variant.objects.visible_to(user)))


def tenants_of(user: User) -> QuerySet[Tenant]:
    """The customers this person may see."""
    tenants = Tenant.objects.order_by("name")
    return tenants.filter(pk__in=user.own_tenant_ids) if user.sees_own_tenants_only else tenants


def ids_in(values: Iterable[str]) -> list[uuid.UUID]:
    """The ids among some words, each once; what is none is passed over.

    One value may hold many, parted by commas or blanks: a form with 2,000 fields is refused.
    """
    found: dict[uuid.UUID, None] = {}
    for word in re.split(r"[\s,]+", " ".join(values)):
        try:
            found[uuid.UUID(word)] = None
        except ValueError:
            continue
    return list(found)
