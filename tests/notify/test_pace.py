"""When mail is due, in every time zone and over every clock change."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest

from fleet.notify.pace import MORNING, next_digest, owed_before, zone, zone_names

BERLIN, NEW_YORK, KIRITIMATI = map(
    ZoneInfo, ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # The clocks went from 02:00 to 03:00 on 29 March 2026 and back on 25 October.
        ("2026-03-28T07:00", "2026-03-28T07:00"),
        ("2026-03-29T05:59", "2026-03-28T07:00"),
        ("2026-03-29T06:00", "2026-03-29T06:00"),
        ("2026-03-30T05:59", "2026-03-29T06:00"),
        ("2026-10-25T06:59", "2026-10-24T06:00"),
        ("2026-10-25T07:00", "2026-10-25T07:00"),
        ("2026-10-26T06:30", "2026-10-25T07:00"),
    ],
)
def test_the_morning_is_eight_on_the_clocks_of_the_place(now: str, due: str) -> None:
    assert owed_before("daily", utc(now), BERLIN) == utc(due)


def test_the_next_morning_lies_a_day_of_23_or_25_hours_ahead_when_clocks_change() -> None:
    before_spring = utc("2026-03-28T07:00")
    before_autumn = utc("2026-10-24T06:00")
    assert next_digest("daily", before_spring, BERLIN, None) == utc("2026-03-29T06:00")
    assert next_digest("daily", before_autumn, BERLIN, None) == utc("2026-10-25T07:00")


def test_the_date_is_the_one_of_the_place() -> None:
    now = utc("2026-11-21T18:30")  # 22 November, 08:30, on Kiritimati
    assert owed_before("daily", now, KIRITIMATI) == utc("2026-11-21T18:00")
    assert owed_before("daily", now, NEW_YORK) == utc("2026-11-21T13:00")


def test_each_day_has_one_morning_whatever_the_place() -> None:
    """In every zone there is, over ten years: at the hour, and none left out."""
    chance = random.Random(8)
    for name in zone_names():
        moment = utc("2020-01-01") + dt.timedelta(minutes=chance.randrange(10 * 365 * 24 * 60))
        place = zone(name)
        last = owed_before("daily", moment, place)
        following = next_digest("daily", moment, place, None)
        assert last is not None and following is not None
        assert last <= moment < following, name
        mornings = last.astimezone(place), following.astimezone(place)
        assert {one.time() for one in mornings} == {MORNING}, name
        assert mornings[1].date() - mornings[0].date() == dt.timedelta(days=1), name


def test_hourly_mail_gathers_an_hour() -> None:
    now = utc("2026-11-21T12:00")
    assert owed_before("hourly", now, BERLIN) == utc("2026-11-21T11:00")
    assert next_digest("hourly", now, BERLIN, utc("2026-11-21T11:20")) == utc("2026-11-21T12:20")
    assert next_digest("hourly", now, BERLIN, utc("2026-11-20T11:20")) == now
    assert next_digest("hourly", now, BERLIN, None) is None


def test_no_mail_is_never_due() -> None:
    assert owed_before("off", utc("2026-11-21T12:00"), BERLIN) is None
    assert next_digest("off", utc("2026-11-21T12:00"), BERLIN, None) is None


def test_a_zone_that_is_none_is_utc() -> None:
    assert zone("Mars/Olympus").key == zone("../../etc/passwd").key == zone("").key == "UTC"
    assert zone("Europe/Berlin") == BERLIN
