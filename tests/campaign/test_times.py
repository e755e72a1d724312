"""Times on the customer's own clock."""

from __future__ import annotations

import datetime as dt

import pytest

from fleet.campaign.times import clock, span

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Tue 24 Nov, 13:00 CET"),
        ("Asia/Tokyo", "Tue 24 Nov, 21:00 JST"),
        ("No/Such", "Tue 24 Nov, 12:00 UTC"),
        (None, "Tue 24 Nov, 12:00 UTC"),
    ],
)
def test_clock_shows_the_zone_it_is_read_in(zone: str | None, words: str) -> None:
    assert clock(NOON, zone) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-5, "no time"), (0.5, "less than a minute"), (40, "40 min"), (125, "2 h 5 min"),
        (120, "2 h"), (4320, "3 days"),
    ],
)  # fmt: skip
def test_span_is_told_as_coarsely_as_it_is_long(minutes: float, words: str) -> None:
    assert span(dt.timedelta(minutes=minutes)) == words
