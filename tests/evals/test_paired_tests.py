"""The gate's statistics, each against its own definition."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest

from evals import paired_tests, resampling
from evals.paired_tests import (
    cases_to_detect,
    detectable_drop,
    holm,
    mcnemar_p,
    sign_flip_p,
    wilson_lower,
)
from evals.resampling import bounds


@pytest.mark.parametrize(("broken", "fixed"), [(0, 0), (6, 0), (0, 3), (5, 5), (30, 10), (1, 9)])
def test_mcnemar_is_the_upper_tail_of_a_fair_coin(broken: int, fixed: int):
    changed = broken + fixed
    tail = sum(math.comb(changed, k) for k in range(broken, changed + 1))
    assert mcnemar_p(broken, fixed) == float(Fraction(tail, 2**changed))


def test_mcnemar_of_very_many_goes_on_by_the_normal_law():
    assert mcnemar_p(1051, 950) == pytest.approx(mcnemar_p(1050, 950), rel=0.1)


@pytest.mark.parametrize(
    "falls",
    [
        [0.2, 0.4, -0.2, 1.0, 0.0, -0.6],
        [1, 1, 1, -1, 0, 0, 1],
        [-0.5, -1, 0.25],
        [0.33, 0.21, 0.08, -0.15, 0.4, 0.02, -0.01],
    ],
)
def test_sign_flip_counts_every_way_to_flip(falls: list[float]):
    seen = sum(round(fall * 840) for fall in falls)
    ways = itertools.product(*[(fall, -fall) for fall in falls])
    as_deep = [sum(round(fall * 840) for fall in way) >= seen for way in ways]
    assert sign_flip_p(falls) == pytest.approx(sum(as_deep) / len(as_deep), abs=1e-12)


def test_sign_flip_of_passes_is_mcnemar():
    assert sign_flip_p([1] * 7 + [-1] * 2 + [0] * 30) == mcnemar_p(7, 2)


def test_sign_flip_too_large_to_be_exact_agrees_with_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
):
    rng = random.Random(5)
    falls = [max(-1, min(1, rng.gauss(0.03, 0.25))) for _ in range(150)]
    exact = sign_flip_p(falls)
    monkeypatch.setattr(paired_tests, "EXACT_WORK", 0)
    assert sign_flip_p(falls) == pytest.approx(exact, abs=0.02)


def test_holm_stops_at_the_first_that_fails():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == ["a"]
    assert holm({"a": 0.01, "b": 0.04, "c": 0.02}) == ["a", "c", "b"]


def test_bound_of_the_bootstrap_covers_as_often_as_it_says():
    """300 cases of which a third changes: the bound lies above the true mean in about 5 %."""
    rng = random.Random(3)
    above = sum(
        bounds(rng.choices([-1.0, 0.0, 1.0], [0.2, 0.7, 0.1], k=300))[0] > -0.1 for _ in range(250)
    )
    assert 0.02 <= above / 250 <= 0.09


def test_bound_counts_and_looks_up_alike(monkeypatch: pytest.MonkeyPatch):
    changes = random.Random(2).choices([-1.0, -0.4, 0.0, 0.2, 1.0], k=90)
    counted = bounds(changes)
    monkeypatch.setattr(resampling, "FEW_VALUES", 0)
    assert bounds(changes) == counted


def test_bound_of_very_many_cases_is_that_of_the_normal_law():
    changes = [-1.0] * 200 + [0.0] * 1700 + [1.0] * 100
    assert bounds(changes) == pytest.approx(bounds([*changes, 0.0]), abs=0.002)


def test_wilson_lower_bound_is_the_rate_that_a_score_test_just_accepts():
    low = wilson_lower(0.75, 20)
    assert (0.75 - low) / math.sqrt(low * (1 - low) / 20) == pytest.approx(paired_tests.Z_95)
    assert wilson_lower(0, 0) == 0


def test_detectable_drop_is_found_four_times_in_five():
    """By simulation: 300 cases, two in a hundred change either way, and a drop of that size."""
    noise = 0.02
    drop = detectable_drop(300, noise)
    rng = random.Random(8)
    seen = 0
    for _ in range(1000):
        changes = rng.choices([-1, 0, 1], [noise / 2 + drop, 1 - noise - drop, noise / 2], k=300)
        lost = -sum(changes)
        seen += lost / max(1, sum(map(abs, changes))) ** 0.5 >= paired_tests.Z_95
    assert 0.76 <= seen / 1000 <= 0.86


def test_so_many_cases_detect_what_they_are_said_to():
    for noise in (0.0, 0.05):
        assert detectable_drop(cases_to_detect(0.1, noise), noise) == pytest.approx(0.1, abs=1e-3)
