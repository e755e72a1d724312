"""Whether a tenant may be cut over at a moment, in words: until when, or from when on."""

from __future__ import annotations

import datetime as dt

from fleet.campaign.times import clock
from fleet.window.of import blackouts_of, window_of, zone_of
from fleet.window.opening import HORIZON, UnknownZone, closes_at, next_opening
from registry.models import Tenant


def now_in_words(tenant: Tenant, *, at: dt.datetime, not_before: dt.date | None = None) -> str:
    """“open now, until Tue 24 Nov, 16:00 CET” or “opens Wed 25 Nov, 09:00 CET”.

    `not_before`: the first day of its wave. Empty where its time zone does not exist. Two queries.
    """
    hours, zone, blackouts = window_of(tenant), zone_of(tenant), blackouts_of(tenant)
    try:
        shuts = closes_at(hours, zone=zone, at=at, blackouts=blackouts, not_before=not_before)
        opens = next_opening(
            hours, zone=zone, after=at, blackouts=blackouts, not_before=not_before
        )  # fmt: skip
    except UnknownZone:
        return ""
    if shuts is not None:
        return f"open now, until {clock(shuts, zone)}" if shuts < at + HORIZON else "always open"
    return f"opens {clock(opens, zone)}" if opens else "does not open within a year"
