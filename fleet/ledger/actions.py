"""Note hours, correct one's own note, take it back. History keeps what stood there before."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.ledger.models import Effort
from registry import border, events
from registry.models import User, Variant
from registry.roles import NotAllowed

EARLIEST = dt.timedelta(days=5 * 365)
"""A date that lies further back is a slip of the finger."""


class UnusableHours(ValueError):
    """What was typed is no note of hours; the message says why."""


def may_note(user: User, variant: Variant) -> bool:
    """Whether this person may note hours: the customer's owners, and who writes prompts."""
    if not user.is_active or variant.tenant is None:
        return False
    if user.owns(variant.tenant):
        return True
    return not user.sees_own_tenants_only and user.has_perm("registry.author_overlay")


@transaction.atomic
def note_hours(
    variant: Variant, *, hours: Decimal, what: str, on: dt.date, by: User,
    track: Track | None = None,
) -> Effort:  # fmt: skip
    """Write down what somebody's work took. Raises NotAllowed, UnusableHours."""
    require_to_note(by, variant)
    if track is not None and track.variant_id != variant.pk:
        raise UnusableHours("This track belongs to another variant.")
    effort = Effort(variant=variant, track=track, by=by)
    _write(effort, hours, what, on)
    _record("noted", effort, by)
    return effort


@transaction.atomic
def correct_hours(effort: Effort, *, hours: Decimal, what: str, on: dt.date, by: User) -> Effort:
    """Write one's own note anew. Raises NotAllowed, UnusableHours."""
    effort = _own(effort, by)
    before = str(effort.hours)
    _write(effort, hours, what, on)
    _record("corrected", effort, by, before=before)
    return effort


@transaction.atomic
def take_hours_back(effort: Effort, *, by: User) -> None:
    """Remove one's own note; its history stays. Raises NotAllowed."""
    effort = _own(effort, by)
    _record("taken_back", effort, by)
    effort.delete()


def require_to_note(by: User, variant: Variant) -> None:
    """Raise NotAllowed unless this person may note hours for the variant."""
    if not may_note(by, variant):
        raise NotAllowed(
            "You may not note hours here. The customer's owners and prompt engineers may."
        )


def _own(effort: Effort, by: User) -> Effort:
    """The note under lock, if it is this person's own."""
    locked = Effort.objects.select_for_update(of=("self",)).select_related(
        "variant__tenant", "variant__prompt"
    )
    effort = locked.get(pk=effort.pk)
    if effort.by_id != by.pk:
        raise NotAllowed("This note is somebody else's. Only who wrote it may change it.")
    require_to_note(by, effort.variant)
    return effort


def _write(effort: Effort, hours: Decimal, what: str, on: dt.date) -> None:
    refuse_date(on)
    try:
        effort.hours, effort.on = hours, on
        effort.what = border.from_form(what).strip()
        effort.full_clean(exclude=["variant", "track", "by"])
    except border.UnusableText as why:
        raise UnusableHours(str(why)) from None
    except ValidationError as why:
        raise UnusableHours(" ".join(why.messages)) from None
    effort.save()


def refuse_date(on: dt.date) -> None:
    """Raise UnusableHours for a day that has not come yet, or that lies years back."""
    today = timezone.localdate()
    if on > today:
        raise UnusableHours("This day has not come yet. Note hours once they were spent.")
    if on < today - EARLIEST:
        raise UnusableHours("This day lies more than five years back. Check the year.")


def _record(deed: str, effort: Effort, by: User, **data: Any) -> None:
    events.record(
        f"effort.{deed}", effort, by, effort.what, hours=f"{effort.hours.normalize():f}",
        on=effort.on.isoformat(), **data,
    )  # fmt: skip
