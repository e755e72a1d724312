"""What waiting costs: the formulas by hand, and what cannot be known."""

from __future__ import annotations

import pytest

from fleet.ledger.waiting import Facts, Measured, pace_of, waiting

# Fourteen days, ten variants over: five a week. Twenty track weeks with USD 4 and 10 days.
SO_FAR = Measured(days=14, cut_over=10, track_weeks=20, again_usd=4.0, sign_off_days=10)


def facts(**known: object) -> Facts:
    return Facts(
        **{"days": 28, "left": 30, "revenue": 365_000.0, "open_tracks": 30, "measured": SO_FAR}
        | known  # type: ignore[arg-type]
    )


def test_what_is_left_on_the_day_follows_from_the_pace() -> None:
    found = waiting(facts())
    assert found.pace == 5
    assert found.weeks_needed == 6
    assert found.late == 10  # 30 less 5 a week for 4 weeks
    assert found.risk_a_day == 1_000
    assert found.risk_a_day_then == pytest.approx(1_000 / 3)


def test_a_week_more_leaves_a_weeks_pace_more() -> None:
    found = waiting(facts())
    assert found.more_left == 5
    assert found.more_a_day == pytest.approx(1_000 / 6)


def test_a_week_more_costs_nothing_while_there_is_time() -> None:
    found = waiting(facts(days=100))
    assert (found.late, found.more_left, found.more_a_day) == (0, 0, 0)


def test_after_the_end_everything_left_is_late_and_a_week_adds_nothing() -> None:
    found = waiting(facts(days=-3))
    assert (found.late, found.more_left) == (30, 0)
    assert found.risk_a_day_then == found.risk_a_day


def test_work_comes_up_again_for_each_open_track_and_week() -> None:
    found = waiting(facts(open_tracks=10))
    assert found.again_usd_a_week == 2.0  # USD 0.20 a track week, ten tracks
    assert found.sign_off_days_a_week == 5.0


def test_half_an_hour_of_many_tracks_makes_no_rate() -> None:
    young = Measured(track_weeks=47 * 0.5 / (24 * 7), again_usd=2.5, sign_off_days=0.7)
    found = waiting(facts(open_tracks=47, measured=young))
    assert (found.again_usd_a_week, found.sign_off_days_a_week) == (None, None)


def test_without_a_date_nothing_is_forecast_but_the_pace() -> None:
    found = waiting(facts(days=None))
    assert found.pace == 5
    assert (found.late, found.risk_a_day_then, found.more_left, found.more_a_day) == (None,) * 4


@pytest.mark.parametrize(
    "measured", [Measured(), Measured(days=14, cut_over=4), Measured(days=2, cut_over=9)]
)
def test_without_a_measured_pace_none_is_made_up(measured: Measured) -> None:
    assert pace_of(measured) is None
    found = waiting(facts(measured=measured))
    assert (found.pace, found.weeks_needed, found.late, found.more_a_day) == (None,) * 4
    assert found.risk_a_day == 1_000


def test_without_open_tracks_no_work_comes_up_again() -> None:
    found = waiting(facts(open_tracks=0))
    assert (found.again_usd_a_week, found.sign_off_days_a_week) == (None, None)


def test_an_empty_model_puts_nothing_at_risk() -> None:
    found = waiting(facts(left=0, revenue=0.0, open_tracks=0))
    assert (found.risk_a_day, found.late, found.risk_a_day_then) == (0, 0, 0)
