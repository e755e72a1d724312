"""A canary's plan: what can be followed and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.release.plan import DEFAULT, UnfitPlan, as_json, due_at, in_words, read_plan


def test_the_default_plan_can_be_followed() -> None:
    assert read_plan(as_json(DEFAULT)) == DEFAULT


@pytest.mark.parametrize(
    "share", [0, 0.009, 0.51, 1, -0.1, "0.05", None, True, float("nan"), 10**400]
)
def test_a_share_outside_1_to_50_percent_is_refused(share: object) -> None:
    with pytest.raises(UnfitPlan, match="Step 1: its share"):
        read_plan([{"share": share, "soak_minutes": 60}])


@pytest.mark.parametrize("minutes", [-1, 20_161, 1.5, "60", None, False, float("inf")])
def test_a_soak_time_outside_two_weeks_is_refused(minutes: object) -> None:
    with pytest.raises(UnfitPlan, match="Step 1: its soak time"):
        read_plan([{"share": 0.05, "soak_minutes": minutes}])


def test_a_plan_without_steps_is_refused() -> None:
    with pytest.raises(UnfitPlan, match="at least one"):
        read_plan([])


def test_a_step_that_does_not_reach_more_sessions_is_refused() -> None:
    rows = [{"share": 0.25, "soak_minutes": 1}, {"share": 0.25, "soak_minutes": 1}]
    with pytest.raises(UnfitPlan, match="Step 2 has to reach more"):
        read_plan(rows)


def test_eleven_steps_are_refused() -> None:
    with pytest.raises(UnfitPlan, match="At most 10"):
        read_plan([{"share": (n + 1) / 100, "soak_minutes": 1} for n in range(11)])


@given(
    st.lists(st.integers(100, 5000), min_size=1, max_size=10, unique=True).map(sorted),
    st.lists(st.integers(0, 20_160), min_size=10, max_size=10),
)
def test_every_growing_plan_within_bounds_comes_back_as_it_was_written(
    shares: list[int], soaks: list[int]
) -> None:
    rows = [
        {"share": share / 10_000, "soak_minutes": soak}
        for share, soak in zip(shares, soaks, strict=False)
    ]
    assert as_json(read_plan(rows)) == rows


def test_a_step_is_due_after_its_soak_time() -> None:
    began = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    assert due_at(DEFAULT, 1, began) == began + dt.timedelta(hours=4)


def test_soak_times_read_as_people_say_them() -> None:
    said = [in_words(minutes) for minutes in (0, 40, 60, 90, 240, 1440, 2880, 1500)]
    assert said == ["0 min", "40 min", "1 h", "1 h 30 min", "4 h", "1 day", "2 days", "25 h"]
