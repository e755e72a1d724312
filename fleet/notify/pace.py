"""When mail is due: pure arithmetic of paces, time zones and the clock changes in them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

HOUR = dt.timedelta(hours=1)

MORNING = dt.time(8)
"""Local time of the daily digest: before the working day, after every clock change of a night."""


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Names of the time zones there are, UTC first, without the files that are no place."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ("UTC", *sorted(places))


def zone(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none (the admin takes any text)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def owed_before(pace: str, now: dt.datetime, place: ZoneInfo) -> dt.datetime | None:
    """The instant: what was told before it and is not mailed yet is due now; None: never.

    Instant mail is owed at once (what is left over from a slower pace); hourly, what has waited
    an hour, so that mails lie an hour apart; daily, what was told before the last morning.
    """
    if pace == "instant":
        return now
    if pace == "hourly":
        return now - HOUR
    return _morning(now, place, ahead=False) if pace == "daily" else None


def next_digest(
    pace: str, now: dt.datetime, place: ZoneInfo, oldest: dt.datetime | None
) -> dt.datetime | None:
    """When the next digest goes out; None where none is to be expected.

    `oldest`: when the oldest thing was told that is not mailed yet.
    """
    if pace == "hourly" and oldest is not None:
        return max(now, oldest + HOUR)
    return _morning(now, place, ahead=True) if pace == "daily" else None


def _morning(now: dt.datetime, place: ZoneInfo, *, ahead: bool) -> dt.datetime:
    """The next or the last MORNING on the clocks of that place, in UTC.

    Reckoned on the calendar there: 24 hours back would be 07:00 or 09:00 after a clock change.
    """
    today = now.astimezone(place).date()
    for days in (0, 1) if ahead else (0, -1):
        day = today + dt.timedelta(days=days)
        found = dt.datetime.combine(day, MORNING, tzinfo=place).astimezone(dt.UTC)
        if (found > now) == ahead:
            return found
    raise AssertionError("a day has a morning")  # 08:00 today lies either behind or ahead
