"""Times as a customer reads them: on the clock of their own time zone. Pure."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from registry.days import short_day


def zone_or_utc(name: str | None) -> ZoneInfo:
    """The time zone of that name; UTC where there is none, which the words then say."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=4096)  # a board tells the same moments of thousands of rows again and again
def clock(when: dt.datetime, zone: str | None) -> str:
    """“Tue 24 Nov, 09:00 CET”: a moment on the clock of that zone."""
    local = when.astimezone(zone_or_utc(zone))
    return f"{local:%a} {short_day(local)}, {local:%H:%M} {local.tzname()}"


def span(left: dt.timedelta) -> str:
    """“2 h 5 min”, “40 min”, “3 days”; “no time” for nothing or less."""
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "no time" if left.total_seconds() <= 0 else "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"
