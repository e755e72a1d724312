"""What a letter's placeholders say for one track and one person, in the customer's language."""

from __future__ import annotations

import datetime as dt

from django.utils import formats, translation

from fleet.campaign.models import Campaign, Cause, Track
from fleet.notify.pace import zone
from registry.models import Contact, Revision, Tenant, User


def values_of(
    track: Track, contact: Contact, tenant: Tenant, *, expires_at: dt.datetime | None = None
) -> dict[str, str]:
    """Placeholder -> value; empty where there is nothing to say. Secrets are not among them."""
    owner = _owner(track, tenant)
    campaign, locale = track.campaign, tenant.locale
    retires_on = campaign.source.retires_on if campaign.source else None
    cutover = track.cut_over_at or track.due_at
    return {
        "customer": tenant.name,
        "contact": contact.name,
        "prompt": track.variant.prompt.name,
        "old": _stands_on(campaign, track.baseline),
        "new": campaign.goal if campaign.cause != Cause.MODEL else str(campaign.target),
        "retires_on": day(retires_on, locale) if retires_on else "",
        "cutover": moment(cutover, locale, tenant.timezone) if cutover else "",
        "owner": owner.display_name if owner else "",
        "owner_email": owner.email if owner else "",
        "expires": moment(expires_at, locale, tenant.timezone) if expires_at else "",
    }


def _owner(track: Track, tenant: Tenant) -> User | None:
    """Who the customer may write to: who brings the track home, else who owns the account."""
    if track.owner is not None and track.owner.is_active:
        return track.owner
    return next(iter(tenant.active_owners), None)


def _stands_on(campaign: Campaign, revision: Revision) -> str:
    """What a revision stands on, as far as the campaign is about it."""
    if campaign.cause == Cause.BASE:
        return f"base {revision.base_version.semver}"
    if campaign.cause == Cause.POLICY:
        return f"policy {revision.policy_version.number}"
    return str(revision.model_target)


def day(when: dt.date, locale: str) -> str:
    """A day as it is written in a language: “3. Januar 2027”."""
    with translation.override(_django(locale)):
        return formats.date_format(when, "DATE_FORMAT")


def moment(when: dt.datetime, locale: str, zone_name: str) -> str:
    """A moment on the clocks of a place, with the place named: the reader may sit elsewhere."""
    there = when.astimezone(zone(zone_name))
    return f"{day(there.date(), locale)}, {there:%H:%M} ({there.tzinfo})"


def _django(locale: str) -> str:
    """The name Django's own translations give a locale; English where it has none."""
    name = locale.lower()
    return name if translation.check_for_language(name) else "en"
