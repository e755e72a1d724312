"""Made-up fleets whose truth is known: how often does the gate see a break, and cry wolf?

A case has a truth per arm (it passes or not), and every answer differs from it with probability
`flake`. Between the arms a share `churn` of the cases changes sides, as many to the better as to
the worse. A planted variant breaks, besides, `planted` of the cases of its first slice.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from evals.gate import CasePair, Decision, Thresholds, decide, to_confirm

VARIANTS = 47
FLOOR = 0.8


@dataclass(frozen=True)
class Fleet:
    """How the variants of a simulation are made and asked."""

    slices: int = 5
    slice_cases: int = 50
    repeats: int = 1
    fresh: int = 5  # repeats of those asked again; 0: held-back cases instead
    held_back: int = 50  # of every slice, where nothing is asked again
    passing: float = 0.92
    churn: float = 0.03
    flake: float = 0.02
    one_way: bool = False  # churn only breaks: a clean variant that is not quite clean


@dataclass(frozen=True)
class Truth:
    """What a case does in each arm but for flakes."""

    id: str
    slice: str
    old: bool
    new: bool


def truths(fleet: Fleet, rng: random.Random, planted: float, prefix: str, each: int) -> list[Truth]:
    """The cases of one variant; `planted` of the first slice's passing cases break."""
    made = []
    for number in range(fleet.slices):
        rows = [rng.random() < fleet.passing for _ in range(each)]
        broken = set(rng.sample(range(each), round(planted * each)) if number == 0 else ())
        for place, old in enumerate(rows):
            new = old
            # As many mend as break: the rates are in inverse proportion to who can.
            rate = fleet.churn if fleet.one_way else fleet.churn / 2
            if old and rng.random() < rate / fleet.passing:
                new = False
            if not old and not fleet.one_way and rng.random() < rate / (1 - fleet.passing):
                new = True
            if place in broken:
                old, new = True, False
            made.append(Truth(f"{prefix}{number}-{place}", f"slice {number}", old, new))
    return made


def asked(truth: Truth, fleet: Fleet, rng: random.Random, repeats: int) -> CasePair:
    """Both arms' answers to one case."""

    def answers(holds: bool) -> tuple[float, ...]:
        return tuple(float(holds != (rng.random() < fleet.flake)) for _ in range(repeats))

    return CasePair(truth.id, (truth.slice,), False, answers(truth.old), answers(truth.new))


def judged(fleet: Fleet, rng: random.Random, planted: float = 0.0, errors: float = 0.0) -> Decision:
    """One variant, asked and asked again as the runner does it, and its verdict."""
    limits = Thresholds(FLOOR)
    made = truths(fleet, rng, planted, "c", fleet.slice_cases)
    cases = [asked(truth, fleet, rng, fleet.repeats) for truth in made]
    if fleet.fresh:
        again = set(to_confirm(limits, cases))
        reserve = [asked(one, fleet, rng, fleet.fresh) for one in made if one.id in again]
    else:
        more = truths(fleet, rng, planted, "h", fleet.held_back)
        reserve = [asked(truth, fleet, rng, fleet.repeats) for truth in more]
    calls = 2 * fleet.repeats * len(cases)
    return decide(limits, cases, reserve, errors=round(calls * errors / (1 - errors)))


def caught(fleet: Fleet, seed: int, times: int, planted: float = 0.4) -> float:
    """Share of planted variants that do not go."""
    rng = random.Random(seed)
    return _held(judged(fleet, rng, planted) for _ in range(times)) / times


def false_holds(fleet: Fleet, seed: int, times: int) -> float:
    """Clean variants held, on average, of the 47 of a fleet."""
    rng = random.Random(seed)
    return _held(judged(fleet, rng) for _ in range(times * VARIANTS)) / times


def _held(decisions: Iterable[Decision]) -> int:
    return sum(decision.verdict != "go" for decision in decisions)
