"""How good the gate is, by simulation with fixed seeds: tests/bench/bench_gate.py prints more."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from evals.gate import decide
from evals.verdicts import Thresholds
from tests.evals.gate_simulation import Fleet, asked, caught, false_holds, judged, truths

ONCE, FIVE_TIMES, HELD_BACK = Fleet(), Fleet(repeats=5), Fleet(fresh=0, held_back=20)


@pytest.mark.parametrize("fleet", [ONCE, FIVE_TIMES, HELD_BACK])
def test_a_planted_break_of_one_slice_is_caught(fleet: Fleet):
    """40 % of one 50-case slice of five; the aim is 95 of 100."""
    assert caught(fleet, seed=11, times=30) >= 0.95


@pytest.mark.parametrize("fleet", [ONCE, FIVE_TIMES, HELD_BACK])
def test_clean_variants_are_not_held(fleet: Fleet):
    """47 of them with 3 % churn and 2 % flakes; the aim is one false hold or less on average."""
    assert false_holds(fleet, seed=12, times=1) <= 1


def test_a_fifth_of_provider_errors_never_passes():
    rng = random.Random(13)
    verdicts = {judged(ONCE, rng, errors=0.2).verdict for _ in range(10)}
    assert verdicts == {"inconclusive"}


def test_a_judge_swapped_in_mid_run_is_inconclusive_however_good_the_scores():
    rng = random.Random(14)
    clean = replace(ONCE, churn=0, flake=0)
    cases = [asked(one, clean, rng, 1) for one in truths(clean, rng, 0, "c", 50)]
    judges = {"baseline": ["tone@3"], "candidate": ["tone@3", "tone@4"]}
    assert decide(Thresholds(0.8), cases).verdict == "go"
    assert decide(Thresholds(0.8), cases, judges=judges).verdict == "inconclusive"
