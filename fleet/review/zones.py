"""Times as people type and read them: in the customer's time zone, with UTC beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from registry.days import day, short_day
from registry.models import Variant

UTC = "UTC"


class UnusableTime(ValueError):
    """What was typed names no time; the message says what to type."""


def zone_of(variant: Variant) -> ZoneInfo:
    """The customer's time zone; UTC for the platform default or a zone nobody knows."""
    return zone_called(variant.tenant.timezone if variant.tenant else UTC)


def zone_called(name: str) -> ZoneInfo:
    """The zone of this name, UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(UTC)


def zones_of(variants: Iterable[Variant]) -> list[str]:
    """The zones of these customers, UTC first."""
    return [UTC, *sorted({zone_of(variant).key for variant in variants} - {UTC})]


def read_time(typed: str, zone: ZoneInfo) -> dt.datetime:
    """A form's date and time in a zone; UnusableTime for what is none, or is skipped or comes
    twice there when clocks change."""
    try:
        local = dt.datetime.fromisoformat(typed.strip())
    except ValueError:
        raise UnusableTime("Give a date and a time, for example 2026-12-01 09:30.") from None
    if local.tzinfo is not None:
        return local
    at = local.replace(tzinfo=zone)
    if _wall(at) != local:
        raise UnusableTime(f"Clocks in {zone.key} skip that hour that day. Choose another time.")
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        raise UnusableTime(f"That hour comes twice in {zone.key} that day. Choose another time.")
    return at


def in_words(at: dt.datetime, zone: ZoneInfo) -> str:
    """“Tue 1 Dec 2026, 09:30 in Europe/Madrid (08:30 UTC)”."""
    there, utc = at.astimezone(zone), at.astimezone(dt.UTC)
    other = "" if there.date() == utc.date() else f"{utc:%a} {short_day(utc)}, "
    words = f"{there:%a} {day(there)}, {there:%H:%M}"
    return f"{words} UTC" if zone.key == UTC else f"{words} in {zone.key} ({other}{utc:%H:%M} UTC)"


def _wall(at: dt.datetime) -> dt.datetime:
    """What a clock there shows at that moment."""
    return at.astimezone(dt.UTC).astimezone(at.tzinfo).replace(tzinfo=None)
