"""Support load before and after: what is told, and what is not."""

from __future__ import annotations

import pytest

from fleet.feedback.rates import Span, at_least, at_most, compare_spans, could_tell


def verdict(before: int, after: int, days: tuple[float, float] = (28, 28)) -> str:
    return compare_spans(Span(days[0], before, before, 0), Span(days[1], after, after, 0)).verdict


def test_few_complaints_tell_nothing() -> None:
    found = compare_spans(Span(28, 3, 1, 30), Span(28, 4, 3, 45))
    assert found.verdict == "unknown"
    assert "too few to tell" in found.sentence and "4 complaints" in found.sentence


def test_none_at_all_is_said_as_such() -> None:
    assert "No complaints" in compare_spans(Span(28, 0, 0, 0), Span(14, 0, 0, 0)).sentence


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(0, 5, "unknown"), (0, 6, "more"), (6, 0, "fewer"), (10, 12, "same"), (10, 30, "more"),
     (1000, 1010, "same"), (1000, 1200, "more")],
)  # fmt: skip
def test_a_difference_is_told_only_where_chance_is_unlikely(
    before: int, after: int, said: str
) -> None:
    assert verdict(before, after) == said


def test_a_shorter_time_counts_for_what_it_is() -> None:
    assert verdict(28, 7, (28, 7)) == "same"
    assert verdict(7, 7, (28, 7)) == "more"


def test_nothing_to_compare_with_is_said() -> None:
    assert verdict(0, 4, (0, 28)) == "unknown"
    assert Span(0, 0, 0, 0).count_per_week is None


def test_hours_are_not_blown_up_to_a_week() -> None:
    young = Span(0.25, 6, 6, 90)
    assert young.complaints_per_week is None and young.minutes_per_week is None
    found = compare_spans(Span(28, 4, 4, 40), young)
    assert found.sentence == "More complaints: 6 in 0.2 days since the change, 1.0 a week before."


def test_exact_tails_are_those_of_the_binomial() -> None:
    assert at_least(9, 10, 0.5) == pytest.approx(11 / 1024)
    assert at_most(1, 10, 0.5) == pytest.approx(11 / 1024)
    assert at_least(0, 7, 0.3) == pytest.approx(1.0)
    assert not could_tell(5, 0.5) and could_tell(6, 0.5)
