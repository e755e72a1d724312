"""Who goes first in a migration."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as search
from hypothesis import strategies as st

from fleet.planning.waves import Risk, in_order, propose


def risk(variant: int, revenue: int | None, cases: int = 60, verdict: str = "go") -> Risk:
    return Risk(variant, None if revenue is None else Decimal(revenue), cases, verdict)


def order(*variants: Risk) -> list[int]:
    return [one.variant for one in in_order(variants)]


def test_smallest_revenue_goes_first() -> None:
    assert order(risk(1, 900), risk(2, 100), risk(3, 500)) == [2, 3, 1]


def test_platform_default_goes_last_whatever_it_is_worth() -> None:
    assert order(risk(1, None), risk(2, 10**9)) == [2, 1]


def test_of_equal_revenue_the_better_tested_goes_first() -> None:
    same = [
        risk(1, 100, verdict="no_go"), risk(2, 100, verdict=""), risk(3, 100, cases=20),
        risk(4, 100, cases=80), risk(5, 100, verdict="inconclusive"),
    ]  # fmt: skip
    assert order(*same) == [4, 3, 5, 2, 1]


def test_one_huge_account_does_not_outweigh_the_tests_of_the_others() -> None:
    small_untested = risk(1, 100, cases=0, verdict="")
    middle_tested = risk(2, 200, cases=80)
    huge = risk(3, 10**9, cases=40)
    assert order(huge, small_untested, middle_tested) == [2, 1, 3]


def test_each_wave_is_about_twice_the_one_before() -> None:
    waves = propose([risk(n, n) for n in range(47)], 3)
    assert [len(wave) for wave in waves] == [7, 13, 27]
    assert waves[0] == list(range(7))


def test_nobody_has_no_waves() -> None:
    assert propose([], 3) == []
    assert propose([risk(1, 1)], 0) == []


@search(max_examples=30)
@given(total=st.integers(1, 60), waves=st.integers(1, 25))
def test_every_variant_is_in_one_wave_and_no_wave_is_empty(total: int, waves: int) -> None:
    found = propose([risk(n, n) for n in range(total)], waves)
    assert [n for wave in found for n in wave] == list(range(total))
    assert len(found) == min(waves, total) and all(found)


@pytest.mark.parametrize("verdict", ["", "unheard-of"])
def test_unknown_verdict_counts_as_none(verdict: str) -> None:
    assert order(risk(1, 1, verdict="no_go"), risk(2, 1, verdict=verdict)) == [2, 1]
