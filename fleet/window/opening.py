"""When something may be cut over: openings of a weekly window, in a tenant's own time zone. Pure.

All moments returned are in UTC: two times of one daylight-saving zone compare by the clock on
the wall, which is wrong in the hour that comes twice.

What the clock on the wall does at a change of daylight saving:
 - A time that does not exist (02:30 when 02:00 becomes 03:00) means the first moment that does:
   03:00. A window that lies in the missing hour altogether does not open on that day.
 - A time that comes twice opens at the first and closes at the last: the window is longer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HORIZON = dt.timedelta(days=400)
"""How far ahead is looked: a year and a month, past any freeze over the turn of a year."""

_DAY = dt.timedelta(days=1)
_YEARS = range(2, 9990)
"""Years in which a day more or less is still a date."""

_AROUND = dt.timedelta(days=3)
"""Blackouts end so far beyond what is looked at: more than any time zone is from another."""

Days = tuple[dt.date, dt.date]
"""First and last day, both included."""


class UnknownZone(ValueError):
    """There is no time zone of that name."""


@dataclass(frozen=True)
class Hours:
    """A weekly window, 0 is Monday. `closes` not after `opens`: it ends on the next day."""

    weekdays: frozenset[int]
    opens: dt.time
    closes: dt.time


@dataclass(frozen=True)
class Stretch:
    """From `opens` until just before `closes`, in UTC."""

    opens: dt.datetime
    closes: dt.datetime


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The time zone; UnknownZone where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as missing:
        raise UnknownZone(
            f"There is no time zone “{name[:60]}”. Use a name such as Europe/Berlin."
        ) from missing


def next_opening(
    window: Hours, *, zone: str, after: dt.datetime,
    blackouts: Sequence[Days] = (), not_before: dt.date | None = None,
) -> dt.datetime | None:  # fmt: skip
    """The first moment from `after` on that lies in the window, in UTC; `after` itself if it does.

    `not_before` and the blackouts are days of that zone. None: nothing opens within HORIZON.
    Raises UnknownZone, and ValueError where `after` says no time zone.
    """
    pieces = _pieces(window, zone_named(zone), after, blackouts, not_before)
    first = next(pieces, None)
    return first.opens if first else None


def is_open(
    window: Hours, *, zone: str, at: dt.datetime,
    blackouts: Sequence[Days] = (), not_before: dt.date | None = None,
) -> bool:  # fmt: skip
    """Whether `at` lies in the window and in no blackout. Raises as `next_opening`."""
    found = next_opening(window, zone=zone, after=at, blackouts=blackouts, not_before=not_before)
    return found is not None and found <= at


def closes_at(
    window: Hours, *, zone: str, at: dt.datetime,
    blackouts: Sequence[Days] = (), not_before: dt.date | None = None,
) -> dt.datetime | None:  # fmt: skip
    """When the opening that holds `at` ends, in UTC; None where it is shut at that moment.

    Openings that touch are one; what never closes is said to close after HORIZON.
    """
    first = next(
        stretches(window, zone=zone, after=at, blackouts=blackouts, not_before=not_before), None
    )
    return first.closes if first and first.opens <= at else None


def stretches(
    window: Hours, *, zone: str, after: dt.datetime,
    blackouts: Sequence[Days] = (), not_before: dt.date | None = None,
) -> Iterator[Stretch]:  # fmt: skip
    """All openings from `after` on, within HORIZON, in order; those that touch are one."""
    held: Stretch | None = None
    for piece in _pieces(window, zone_named(zone), after, blackouts, not_before):
        if held and piece.opens <= held.closes:
            held = Stretch(held.opens, max(held.closes, piece.closes))
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


def _pieces(
    window: Hours, place: ZoneInfo, after: dt.datetime,
    blackouts: Sequence[Days], not_before: dt.date | None,
) -> Iterator[Stretch]:  # fmt: skip
    """Openings of single days, from `after` on and without the blackouts, by when they open."""
    if after.tzinfo is None:
        raise ValueError("Say in which time zone the moment is.")
    if after.year not in _YEARS:
        return
    start = after.astimezone(dt.UTC)
    today = after.astimezone(place).date()
    last = start + HORIZON
    shut = _shut(blackouts, place, today)
    if not_before is not None:
        if not_before > today + HORIZON:
            return
        start = max(start, _moment(place, max(not_before, today), dt.time()))
    for ahead in range(-2, HORIZON.days + 2):
        day = today + ahead * _DAY
        if day.weekday() in window.weekdays:
            opens, closes = _bounds(window, place, day)
            yield from _without(max(opens, start), min(closes, last), shut)


def _bounds(window: Hours, place: ZoneInfo, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When the window that opens on `day` opens and closes."""
    over_night = window.closes <= window.opens
    ends_on = day + _DAY if over_night else day
    return _moment(place, day, window.opens), _moment(place, ends_on, window.closes, late=True)


def _shut(blackouts: Sequence[Days], place: ZoneInfo, today: dt.date) -> list[Stretch]:
    """The blackouts as stretches, those that matter, by when they begin."""
    earliest, latest = today - _AROUND, today + HORIZON + _AROUND
    return sorted(
        (
            Stretch(
                _moment(place, max(first, earliest), dt.time()),
                _moment(place, min(last, latest) + _DAY, dt.time(), late=True),
            )
            for first, last in blackouts
            if first <= latest and last >= earliest
        ),
        key=lambda one: one.opens,
    )


def _without(opens: dt.datetime, closes: dt.datetime, shut: Sequence[Stretch]) -> Iterator[Stretch]:
    """What is left of a stretch, in order; `shut` is ordered by when it begins."""
    for gap in shut:
        if gap.opens >= closes:
            break
        if opens < gap.opens:
            yield Stretch(opens, gap.opens)
        opens = max(opens, gap.closes)
    if opens < closes:
        yield Stretch(opens, closes)


def _moment(place: ZoneInfo, day: dt.date, clock: dt.time, *, late: bool = False) -> dt.datetime:
    """When the clock on the wall says so, in UTC; `late`: the last time it does.

    The first moment after it where it is never shown.
    """
    wall = dt.datetime.combine(day, clock.replace(tzinfo=None))
    shown = wall.replace(tzinfo=place, fold=int(late)).astimezone(dt.UTC)
    if _wall(shown, place) == wall:
        return shown
    return _first_from(
        place, wall,
        wall.replace(tzinfo=place, fold=1).astimezone(dt.UTC),
        wall.replace(tzinfo=place, fold=0).astimezone(dt.UTC),
    )  # fmt: skip


def _first_from(
    place: ZoneInfo, wall: dt.datetime, before: dt.datetime, behind: dt.datetime
) -> dt.datetime:
    """The first second between the two at which the wall shows `wall` or later.

    Python gives a missing time both readings, by the old offset and by the new: the clock is put
    forward between them (PEP 495).
    """
    low, high = int(before.timestamp()), int(behind.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _wall(dt.datetime.fromtimestamp(middle, dt.UTC), place) >= wall:
            high = middle
        else:
            low = middle
    return dt.datetime.fromtimestamp(high, dt.UTC)


def _wall(moment: dt.datetime, place: ZoneInfo) -> dt.datetime:
    """What the clock on the wall shows, without its zone."""
    return moment.astimezone(place).replace(tzinfo=None)
