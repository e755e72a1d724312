"""Openings of a weekly window, against a walk minute by minute over the clock on the wall."""

from __future__ import annotations

import datetime as dt
from itertools import accumulate, islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as search
from hypothesis import strategies as st

from fleet.window.opening import (
    HORIZON,
    Hours,
    UnknownZone,
    closes_at,
    is_open,
    next_opening,
    stretches,
)

EVERY_DAY = frozenset(range(7))
OFFICE = Hours(frozenset({0, 1, 2, 3}), dt.time(9), dt.time(16))
MINUTE = dt.timedelta(minutes=1)


def utc(text: str) -> dt.datetime:
    """A moment such as 2026-03-28T12:00, in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def daily(opens: str, closes: str) -> Hours:
    """A window of every day."""
    return Hours(EVERY_DAY, dt.time.fromisoformat(opens), dt.time.fromisoformat(closes))


# --- a walk over the minutes -------------------------------------------------------------

WALKED = dt.timedelta(days=2)

MOMENTS = st.sampled_from(
    [
        ("Europe/Berlin", "2026-03-28T00:00"), ("Europe/Berlin", "2026-10-24T00:00"),
        ("America/New_York", "2026-03-07T00:00"), ("America/New_York", "2026-10-31T00:00"),
        ("Africa/Cairo", "2026-04-23T00:00"), ("Africa/Cairo", "2026-10-28T00:00"),
        ("Australia/Lord_Howe", "2026-10-02T00:00"), ("America/Nuuk", "2026-10-23T00:00"),
        ("Pacific/Kiritimati", "2026-05-01T00:00"), ("Pacific/Niue", "2026-05-01T00:00"),
        ("Pacific/Apia", "2011-12-28T18:00"), ("Asia/Kathmandu", "2026-05-01T00:00"),
    ]
)  # fmt: skip
CLOCKS = st.integers(0, 95).map(lambda quarter: dt.time(quarter // 4, quarter % 4 * 15))


@search(max_examples=20)
@given(
    at=MOMENTS, minutes=st.integers(0, 2 * 24 * 60), days=st.sets(st.integers(0, 6)),
    opens=CLOCKS, closes=CLOCKS,
    shut=st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 1)), max_size=2),
    waits=st.one_of(st.none(), st.integers(-1, 4)),
)  # fmt: skip
@example(("Europe/Berlin", "2026-03-28T00:00"), 0, {6}, dt.time(2, 30), dt.time(4), [], None)
@example(("Europe/Berlin", "2026-10-24T00:00"), 0, {6}, dt.time(1), dt.time(2, 30), [], None)
def test_next_opening_is_the_one_a_walk_over_the_minutes_finds(
    at: tuple[str, str], minutes: int, days: set[int], opens: dt.time, closes: dt.time,
    shut: list[tuple[int, int]], waits: int | None,
) -> None:  # fmt: skip
    zone, begins = at
    after = utc(begins) + minutes * MINUTE
    window = Hours(frozenset(days), opens, closes)
    day = utc(begins).date()
    blackouts = [
        (day + dt.timedelta(first), day + dt.timedelta(first + more)) for first, more in shut
    ]
    not_before = None if waits is None else day + dt.timedelta(waits)
    found = next_opening(window, zone=zone, after=after, blackouts=blackouts, not_before=not_before)
    walked = _walk(window, zone, after, blackouts, not_before)
    if walked is None:
        assert found is None or found >= after + WALKED
    else:
        assert found == walked


def _walk(
    window: Hours, zone: str, after: dt.datetime,
    blackouts: list[tuple[dt.date, dt.date]], not_before: dt.date | None,
) -> dt.datetime | None:  # fmt: skip
    """The first open minute from `after` on, by what the wall showed before and shows later."""
    place, start = ZoneInfo(zone), after - WALKED
    steps = int((3 * WALKED) / MINUTE)
    moments = [start + step * MINUTE for step in range(steps)]
    walls = [moment.astimezone(place).replace(tzinfo=None) for moment in moments]
    reached = list(accumulate(walls, max))
    comes = list(accumulate(reversed(walls), min))[::-1]

    def between(step: int, first: dt.datetime, last: dt.datetime) -> bool:
        """Whether `first` was shown already, and something before `last` is shown yet."""
        return reached[step] >= first and comes[step] < last

    opened = []
    for ahead in range(-4, 8):
        day = after.date() + dt.timedelta(ahead)
        if day.weekday() in window.weekdays:
            ends = day if window.closes > window.opens else day + dt.timedelta(1)
            opened.append(
                (
                    dt.datetime.combine(day, window.opens),
                    dt.datetime.combine(ends, window.closes),
                )
            )
    shut = [
        (
            dt.datetime.combine(first, dt.time()),
            dt.datetime.combine(last + dt.timedelta(1), dt.time()),
        )
        for first, last in blackouts
    ]
    for step in range(steps // 3, 2 * steps // 3):
        if not_before and reached[step] < dt.datetime.combine(not_before, dt.time()):
            continue
        if any(between(step, *one) for one in shut):
            continue
        if any(between(step, *one) for one in opened):
            return moments[step]
    return None


# --- daylight saving ---------------------------------------------------------------------


def test_window_that_opens_in_the_missing_hour_opens_at_the_first_moment_there_is() -> None:
    found = next_opening(
        daily("02:30", "04:00"), zone="Europe/Berlin", after=utc("2026-03-29T00:00")
    )
    assert found == utc("2026-03-29T01:00")  # 03:00 on the wall: 02:30 never came


def test_window_inside_the_missing_hour_opens_on_the_next_day() -> None:
    found = next_opening(
        daily("02:15", "02:45"), zone="Europe/Berlin", after=utc("2026-03-29T00:00")
    )
    assert found == utc("2026-03-30T00:15")


def test_time_that_comes_twice_opens_at_the_first() -> None:
    found = next_opening(
        daily("02:30", "04:00"), zone="Europe/Berlin", after=utc("2026-10-24T22:00")
    )
    assert found == utc("2026-10-25T00:30")


def test_time_that_comes_twice_closes_at_the_last() -> None:
    shuts = closes_at(daily("01:00", "02:30"), zone="Europe/Berlin", at=utc("2026-10-25T00:00"))
    assert shuts == utc("2026-10-25T01:30")


def test_midnight_that_does_not_exist_begins_the_day_an_hour_later() -> None:
    found = next_opening(
        daily("00:00", "06:00"), zone="Africa/Cairo", after=utc("2026-04-23T12:00"),
        not_before=dt.date(2026, 4, 24),
    )  # fmt: skip
    assert found == utc("2026-04-23T22:00")  # 01:00 on the wall


def test_day_that_was_left_out_has_no_opening() -> None:
    # Samoa went from 29 to 31 December 2011 at once.
    opened = stretches(daily("09:00", "10:00"), zone="Pacific/Apia", after=utc("2011-12-29T00:00"))
    first, second = islice(opened, 2)
    assert (first.opens, second.opens) == (utc("2011-12-29T19:00"), utc("2011-12-30T19:00"))


# --- hours -------------------------------------------------------------------------------


def test_open_now_is_now() -> None:
    at = utc("2026-11-23T10:12")
    assert next_opening(OFFICE, zone="UTC", after=at) == at
    assert is_open(OFFICE, zone="UTC", at=at)


def test_closing_time_is_shut_already() -> None:
    assert not is_open(OFFICE, zone="UTC", at=utc("2026-11-23T16:00"))


def test_window_over_midnight_is_still_open_the_next_morning() -> None:
    sunday_night = Hours(frozenset({6}), dt.time(22), dt.time(4))
    assert is_open(sunday_night, zone="UTC", at=utc("2026-11-23T03:59"))
    assert not is_open(sunday_night, zone="UTC", at=utc("2026-11-22T03:59"))


@pytest.mark.parametrize(
    ("zone", "opens"),
    [("Pacific/Kiritimati", "2026-11-22T19:00"), ("Pacific/Niue", "2026-11-23T20:00")],
)
def test_monday_is_the_tenants_monday(zone: str, opens: str) -> None:
    monday = Hours(frozenset({0}), dt.time(9), dt.time(16))
    assert next_opening(monday, zone=zone, after=utc("2026-11-20T00:00")) == utc(opens)


def test_openings_that_touch_are_one() -> None:
    round_the_clock = daily("00:00", "00:00")
    at = utc("2026-11-23T12:00")
    assert closes_at(round_the_clock, zone="Europe/Berlin", at=at) == at + HORIZON


def test_shut_window_has_no_closing_time() -> None:
    assert closes_at(OFFICE, zone="UTC", at=utc("2026-11-23T18:00")) is None


# --- blackouts ---------------------------------------------------------------------------


def test_blackout_cuts_the_night_it_falls_into() -> None:
    night = daily("22:00", "04:00")
    christmas = [(dt.date(2026, 12, 24), dt.date(2026, 12, 26))]
    asked: dict[str, Any] = {"zone": "Europe/Berlin", "blackouts": christmas}
    assert closes_at(night, at=utc("2026-12-23T21:30"), **asked) == utc("2026-12-23T23:00")
    assert next_opening(night, after=utc("2026-12-23T23:00"), **asked) == utc("2026-12-26T23:00")


def test_blackout_without_end_leaves_no_opening() -> None:
    ever = [(dt.date.min, dt.date.max)]
    at = utc("2026-11-23T10:00")
    assert next_opening(OFFICE, zone="UTC", after=at, blackouts=ever) is None
    assert not is_open(OFFICE, zone="UTC", at=at, blackouts=ever)


def test_overlapping_blackouts_count_once() -> None:
    days = [
        (dt.date(2026, 11, 23), dt.date(2026, 11, 30)),
        (dt.date(2026, 11, 24), dt.date(2026, 11, 25)),
    ]
    found = next_opening(OFFICE, zone="UTC", after=utc("2026-11-23T10:00"), blackouts=days)
    assert found == utc("2026-12-01T09:00")


# --- what cannot be answered -------------------------------------------------------------


def test_window_without_days_never_opens() -> None:
    never = Hours(frozenset(), dt.time(9), dt.time(16))
    assert next_opening(never, zone="UTC", after=utc("2026-11-23T10:00")) is None


def test_start_beyond_the_horizon_finds_nothing() -> None:
    at = utc("2026-11-23T10:00")
    assert next_opening(OFFICE, zone="UTC", after=at, not_before=dt.date.max) is None
    assert next_opening(OFFICE, zone="UTC", after=utc("9999-12-31T10:00")) is None


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "/etc", "Europe", "\0", "ä"])
def test_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(UnknownZone, match="There is no time zone"):
        next_opening(OFFICE, zone=name, after=utc("2026-11-23T10:00"))


def test_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_opening(OFFICE, zone="UTC", after=dt.datetime(2026, 11, 23, 10))
