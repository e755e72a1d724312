"""Check 6: what so many cases can show, and how many would do."""

from __future__ import annotations

from dataclasses import dataclass

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import count_of, points
from evals.paired_tests import cases_to_detect, detectable_drop, mean_of
from evals.verdicts import Reason, Thresholds

FEWEST_CERTIFYING = 50  # cases under which the gate is never green


@dataclass(frozen=True)
class Power:
    """What a suite of `cases` can show. `drop` and `margin` are proportions."""

    cases: int
    drop: float
    margin: float
    needed: int

    def __str__(self) -> str:
        """“With 40 cases a drop under 15 points cannot be seen; 62 would do for one of 10.”"""
        near = abs(self.drop - self.margin) < 0.01  # then the first place tells them apart
        drop = points(self.drop) if near else f"{self.drop * 100:.0f}"
        seen = f"With {count_of(self.cases, 'case')} a drop under {drop} points"
        if self.needed <= self.cases:
            return f"{seen} cannot be seen."
        return f"{seen} cannot be seen; {self.needed} would do for one of {points(self.margin)}."


def power_of(evidence: Evidence) -> Power:
    """The power of the whole suite, from how much its cases change in pairs."""
    changes = [case.after - case.before for case in evidence.cases]
    noise = max(0.0, mean_of([one * one for one in changes]) - abs(mean_of(changes)))
    size = len(changes)
    needed, margin = _needed(evidence.thresholds, size, noise)
    return Power(size, detectable_drop(size, noise), margin, needed)


def _needed(thresholds: Thresholds, size: int, noise: float) -> tuple[int, float]:
    """Cases that show a fall as large as the margin they themselves set, and that margin."""
    for least in (FEWEST_CERTIFYING, 300, 700):
        margin = thresholds.margin_for(max(size, least))
        needed = max(least, cases_to_detect(margin, noise))
        if thresholds.margin_for(max(size, needed)) == margin:
            return needed, margin
    raise AssertionError("the last margin holds for any number of cases")


def power(evidence: Evidence) -> list[Reason]:
    """Under 50 cases nothing is certified: a person accepts the risk, or adds cases."""
    found = power_of(evidence)
    if found.cases >= FEWEST_CERTIFYING:
        return []
    if not found.cases:
        detail = f"There are no results to judge; it takes {FEWEST_CERTIFYING} cases."
    else:
        detail = (
            f"{found} Fewer than {FEWEST_CERTIFYING} certify nothing: a person accepts the risk."
        )
    return [Reason("power", None, detail, "inconclusive")]
