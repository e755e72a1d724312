"""Say when customers may be cut over, and on which days nothing is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from fleet.window.models import Blackout, ChangeWindow
from fleet.window.opening import UnknownZone, zone_named
from registry import border, events
from registry.models import Tenant, User
from registry.roles import require

LONGEST_REASON = 200
LONGEST_DAYS = 366
"""A blackout over a year is a decision not to migrate: that is an exemption, with its reason."""

MAY = ("run_campaign", "release", "record_sign_off")
"""Who steers a migration, who cuts over, and who looks after the account."""


class UnusableWindow(ValueError):
    """The hours or days make no sense; the message says why."""


def capability_for(user: User, tenant: Tenant | None) -> str:
    """What lets this person change a tenant's hours, or without one everybody's blackouts.

    An account manager speaks for own customers alone.
    """
    held = [name for name in MAY if user.has_perm(f"registry.{name}")]
    if tenant is None:
        held = [name for name in held if name != "record_sign_off"]
    return held[0] if held else "run_campaign"


@transaction.atomic
def set_window(
    tenant: Tenant, *, weekdays: Collection[int], opens: dt.time, closes: dt.time, zone: str,
    by: User,
) -> ChangeWindow:  # fmt: skip
    """Give a customer hours of its own, in this time zone. Raises NotAllowed, UnusableWindow."""
    require(by, capability_for(by, tenant), tenant)
    days = sorted(set(weekdays))
    if not days or days[0] < 0 or days[-1] > 6:
        raise UnusableWindow("Choose at least one day of the week.")
    _set_zone(tenant, zone)
    window = ChangeWindow.objects.select_for_update().filter(tenant=tenant).first()
    window = window or ChangeWindow(tenant=tenant)
    window.weekdays, window.opens, window.closes = days, opens, closes
    window.save()
    events.record(
        "changewindow.set", tenant, by, zone=zone, weekdays=days,
        opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}",
    )  # fmt: skip
    return window


def _set_zone(tenant: Tenant, name: str) -> None:
    try:
        zone_named(name)
    except UnknownZone as why:
        raise UnusableWindow(str(why)) from None
    fresh = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if fresh.timezone != name:
        fresh.timezone = name
        fresh.save(update_fields=["timezone"])
    tenant.timezone = name


@transaction.atomic
def use_usual(tenant: Tenant, *, by: User) -> None:
    """Take a customer's own hours away: the usual ones hold again. Raises NotAllowed."""
    require(by, capability_for(by, tenant), tenant)
    for window in ChangeWindow.objects.filter(tenant=tenant):
        window.delete()
        events.record("changewindow.dropped", tenant, by)


@transaction.atomic
def add_blackout(
    tenant: Tenant | None, *, first: dt.date, last: dt.date, reason: str, by: User
) -> Blackout:
    """Keep these days free of cutovers, for one customer or for everybody.

    Raises NotAllowed, UnusableWindow.
    """
    require(by, capability_for(by, tenant), tenant)
    reason = _reason(reason)
    if last < first:
        raise UnusableWindow("The last day is before the first.")
    if (last - first).days > LONGEST_DAYS:
        raise UnusableWindow(f"At most {LONGEST_DAYS} days at once. Exempt the variant instead.")
    made = Blackout.objects.create(tenant=tenant, first=first, last=last, reason=reason, by=by)
    _tell("added", made, by, reason)
    return made


@transaction.atomic
def remove_blackout(blackout: Blackout, *, by: User) -> None:
    """Free these days again; the history keeps them. Raises NotAllowed."""
    require(by, capability_for(by, blackout.tenant), blackout.tenant)
    _tell("removed", blackout, by, blackout.reason)
    blackout.delete()


def _reason(typed: str) -> str:
    try:
        text = border.from_form(typed).strip()
    except border.UnusableText as why:
        raise UnusableWindow(str(why)) from None
    if not text:
        raise UnusableWindow("Say why nothing is cut over on these days.")
    if len(text) > LONGEST_REASON:
        raise UnusableWindow(f"Say it in at most {LONGEST_REASON} characters.")
    return text


def _tell(deed: str, blackout: Blackout, by: User, why: str) -> None:
    tenant = blackout.tenant
    events.record(
        f"blackout.{deed}", blackout, by, why, tenant=tenant.slug if tenant else None,
        first=blackout.first.isoformat(), last=blackout.last.isoformat(),
    )  # fmt: skip
