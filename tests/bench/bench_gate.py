"""What the gate costs and how good it is: python -m tests.bench.bench_gate [--quick].

Cost: the decision over 500 cases x 5 repeats, aim 200 ms, the first in a process (which draws the
random numbers of its suite size) and the next. Quality: a seeded simulation of fleets whose truth
is known; see tests/evals/gate_simulation.py for how they are made. A hold is any verdict but go.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from evals.gate import CasePair, Thresholds, decide  # noqa: E402
from evals.preferences import choices_needed, weigh  # noqa: E402
from evals.resampling import _draws  # noqa: E402
from tests.evals.gate_simulation import (  # noqa: E402
    VARIANTS,
    Fleet,
    asked,
    caught,
    false_holds,
    judged,
    truths,
)

FLEETS = {
    "5 slices of 50, asked once, 5 fresh repeats": Fleet(),
    "the same, asked 5 times": Fleet(repeats=5),
    "the same, asked once, 1 fresh repeat": Fleet(fresh=1),
    "the same, 50 held back of each slice": Fleet(fresh=0),
    "the same, 20 held back of each slice": Fleet(fresh=0, held_back=20),
    "slices of 50, half of each held back": Fleet(fresh=0, held_back=25, slice_cases=25),
    "1 slice of 50": Fleet(slices=1),
    "2 slices of 50": Fleet(slices=2),
    "6 slices of 50 (margin 5 points)": Fleet(slices=6),
    "14 slices of 50 (margin 3 points)": Fleet(slices=14),
    "5 slices, churn of 3 % that only breaks": Fleet(one_way=True),
}
"""What is simulated. The last is no clean fleet: its truth falls by 3 points."""

GRADES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def graded(fleet: Fleet, rng: random.Random) -> list[CasePair]:
    """The same cases with graded scores instead of passes."""

    def scores() -> tuple[float, ...]:
        return tuple(rng.choice(GRADES) for _ in range(fleet.repeats))

    return [
        CasePair(one.id, (one.slice,), False, scores(), scores())
        for one in truths(fleet, rng, 0, "c", fleet.slice_cases)
    ]


def cost(make: Callable[[random.Random], list[CasePair]]) -> tuple[float, float]:
    """Milliseconds of processor time: the first decision in a process, the median after it."""
    times = []
    for seed in range(8):
        cases = make(random.Random(seed))
        begun = time.process_time()
        decide(Thresholds(0.8), cases, cases[:100])
        times.append((time.process_time() - begun) * 1000)
    return times[0], statistics.median(times[1:])


def print_cost() -> None:
    """500 cases in ten slices, five repeats each arm, with 100 of them asked again."""
    fleet = Fleet(slices=10, repeats=5)
    kinds: dict[str, Callable[[random.Random], list[CasePair]]] = {
        "pass or fail": lambda rng: [
            asked(one, fleet, rng, 5) for one in truths(fleet, rng, 0.4, "c", 50)
        ],
        "graded": lambda rng: graded(fleet, rng),
    }
    for name, make in kinds.items():
        _draws.cache_clear()
        first, later = cost(make)
        print(f"decide, 500 cases x 5 repeats, {name}: first {first:.0f} ms, then {later:.0f} ms")


def print_quality(times: int) -> None:
    """Planted breaks caught, and clean variants held, fleet by fleet."""
    print(f"\n{'':46} planted caught   false holds of {VARIANTS}")
    for name, fleet in FLEETS.items():
        seen = caught(fleet, seed=1, times=10 * times)
        print(f"{name:46} {seen:14.1%}   {false_holds(fleet, seed=2, times=times):.2f}", flush=True)
    rng = random.Random(3)
    passes = sum(judged(Fleet(), rng, errors=0.2).verdict == "go" for _ in range(10 * times))
    print(f"{'20 % provider errors':46} {passes} passes of {10 * times}")
    swapped = {"baseline": ["tone@3"], "candidate": ["tone@3", "tone@4"]}
    clean = replace(Fleet(), churn=0, flake=0)
    cases = [asked(one, clean, rng, 1) for one in truths(clean, rng, 0, "c", 50)]
    verdict = decide(Thresholds(0.8), cases, judges=swapped).verdict
    print(f"{'judge swapped in mid-run, nothing broken':46} {verdict}")


def print_preferences(times: int) -> None:
    """Blind choices at the stated sample size, for a drop of 12 points and for an even match."""
    size, rng = choices_needed(), random.Random(4)
    for name, share in (("12 points fewer choose the new", 0.38), ("an even match", 0.5)):
        wins = [sum(rng.random() < share for _ in range(size)) for _ in range(100 * times)]
        verdicts = [weigh(one, size - one).verdict for one in wins]
        said = ", ".join(
            f"{verdict} {verdicts.count(verdict) / len(verdicts):.1%}"
            for verdict in ("go", "no_go", "inconclusive")
        )
        print(f"{f'{size} blind choices, {name}':46} {said}")


def main() -> None:
    """Print all three."""
    times = 3 if "--quick" in sys.argv else 20
    print_cost()
    print_quality(times)
    print_preferences(times)


if __name__ == "__main__":
    main()
