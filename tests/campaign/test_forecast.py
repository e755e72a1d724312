"""When a campaign will be through at its real pace, and what is left on the day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from fleet.campaign.burndown import burndown
from fleet.campaign.forecast import LEAST_DAYS, LEAST_TRACKS, forecast

TODAY = dt.date(2026, 11, 21)


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def ahead(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def told(through: list[dt.date], total: int = 47, **more: object) -> object:
    given = {"started": ago(9), "revenue_open": 0.5, "deadline": ahead(30), "today": TODAY}
    return forecast(through, total=total, **{**given, **more})  # type: ignore[arg-type]


def test_even_pace_says_how_many_are_left_on_the_day_and_their_revenue() -> None:
    # 10 in 10 days: one a day, 30 days ahead, 37 open: 7 left, 7/37 of half the revenue
    found = forecast(
        [ago(n) for n in range(10)], started=ago(9), total=47, revenue_open=0.5,
        deadline=ahead(30), today=TODAY,
    )  # fmt: skip
    assert found.kind == "late" and found.left == 7
    assert found.revenue_left == pytest.approx(0.5 * 7 / 37)
    assert found.words == "At this pace 7 variants are left on the day: 9.5 % of revenue."
    assert found.expected == ahead(37) and found.late == ahead(37)


def test_one_variant_left_is_told_in_the_singular() -> None:
    found = told([ago(n) for n in range(10)], total=41)
    assert found.words == "At this pace 1 variant is left on the day: 1.6 % of revenue."  # type: ignore[attr-defined]


def test_no_revenue_known_says_the_number_alone() -> None:
    found = told([ago(n) for n in range(10)], revenue_open=None)
    assert found.words == "At this pace 7 variants are left on the day."  # type: ignore[attr-defined]


def test_even_pace_with_room_is_in_time() -> None:
    found = told([ago(n) for n in range(10)], total=30)
    assert found.kind == "in_time" and found.left == 0  # type: ignore[attr-defined]
    assert "in time" in found.words  # type: ignore[attr-defined]


def test_uneven_pace_that_just_fits_is_close() -> None:
    found = told([ago(9)] * 5 + [ago(0)] * 5, total=38)
    assert found.kind == "close" and found.late > ahead(30)  # type: ignore[attr-defined]


def test_few_tracks_say_that_it_is_too_little() -> None:
    found = told([ago(3)] * (LEAST_TRACKS - 1))
    assert found.kind == "too_little" and "4 came through" in found.words  # type: ignore[attr-defined]


def test_first_days_say_that_it_is_too_early() -> None:
    found = told([TODAY] * 20, started=ago(LEAST_DAYS - 2))
    assert found.kind == "too_little" and "Too early" in found.words  # type: ignore[attr-defined]


def test_nothing_through_for_a_fortnight_never_ends() -> None:
    found = told([ago(40)] * 10, started=ago(60))
    assert found.kind == "standing" and found.left == 37  # type: ignore[attr-defined]


def test_old_pace_does_not_count_beyond_two_weeks() -> None:
    # 14 in the last fortnight, 60 before: one a day
    found = told([ago(n) for n in range(14)] + [ago(40)] * 60, total=84, started=ago(60))
    assert found.per_day == 1.0 and found.expected == ahead(10)  # type: ignore[attr-defined]


def test_all_through_says_so_without_a_date() -> None:
    assert told([TODAY] * 47).kind == "over"  # type: ignore[attr-defined]


def test_no_deadline_names_the_expected_day() -> None:
    found = told([ago(n) for n in range(10)], deadline=None)
    assert found.kind == "no_date" and found.words.endswith("on 28 Dec 2026.")  # type: ignore[attr-defined]


def test_past_deadline_leaves_all_that_are_open() -> None:
    found = told([ago(n) for n in range(10)], deadline=ago(1))
    assert found.kind == "late" and found.left == 37  # type: ignore[attr-defined]


@given(
    some.lists(some.integers(0, 30), max_size=60), some.integers(0, 60), some.integers(-20, 90),
    some.integers(0, 40),
)  # fmt: skip
@example([0, 0, 0, 0, 0], 3, 0, 2)
def test_any_history_gives_a_forecast_and_a_drawing_within_their_bounds(
    days: list[int], more: int, until: int, since: int
) -> None:
    through, total = [ago(min(day, since)) for day in days], len(days) + more
    found = forecast(
        through, started=ago(since), total=total, revenue_open=0.4, deadline=ahead(until),
        today=TODAY,
    )  # fmt: skip
    assert 0 <= found.left <= more and 0.0 <= found.revenue_left <= 0.4
    if found.expected and found.late:
        assert TODAY <= found.expected <= found.late
    drawn = burndown(
        through, started=ago(since), total=total, today=TODAY, deadline=ahead(until),
        expected=found.expected,
    )  # fmt: skip
    assert not drawn.table or drawn.table[-1][1] == more
    for line in (drawn.real, drawn.ahead, drawn.plan):
        for point in line.split():
            x, y = map(float, point.split(","))
            assert y <= drawn.floor + 0.1 and x <= drawn.right + 0.1


def test_burndown_steps_down_on_the_day_something_came_through() -> None:
    drawn = burndown(
        [ago(5), ago(5), ago(1)], started=ago(10), total=4, today=TODAY, deadline=None,
        expected=None,
    )  # fmt: skip
    assert drawn.table == [(ago(5), 2), (ago(1), 1)]
    assert drawn.ahead == "" and drawn.plan == "" and drawn.deadline is None
