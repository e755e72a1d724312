"""When a retirement is told of."""

from __future__ import annotations

import datetime as dt

import pytest

from fleet.clock.steps import STEPS, key_of, step_due

END = dt.date(2027, 3, 31)


@pytest.mark.parametrize(
    ("left", "step"),
    [(91, None), (90, 90), (61, 90), (60, 60), (30, 30), (15, 30), (14, 14), (7, 7), (1, 7),
     (0, 7), (-1, None)],
)  # fmt: skip
def test_step_is_the_last_one_reached(left: int, step: int | None) -> None:
    assert step_due(END, END - dt.timedelta(days=left)) == step


def test_days_that_were_missed_are_told_once() -> None:
    asked = [88, 87, 29, 5, 2]
    told = {key_of(1, END, step_due(END, END - dt.timedelta(days=left)) or 0) for left in asked}
    assert len(told) == 3


def test_every_step_comes_even_across_a_leap_day() -> None:
    end = dt.date(2028, 3, 15)
    days = [end - dt.timedelta(days=left) for left in range(120, -1, -1)]
    assert [one for one in dict.fromkeys(step_due(end, day) for day in days) if one] == list(STEPS)


def test_another_date_is_told_anew() -> None:
    assert key_of(1, END, 30) != key_of(1, END + dt.timedelta(days=1), 30)
