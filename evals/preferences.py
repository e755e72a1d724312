"""The gate over blind preferences: people (or a judge) chose between the old answer and the new.

A choice counts for the new answer, for the old one, or for neither (half for each). Equally good
answers are chosen equally often, so the new one's share is 50 %; a drop of 12 points is a share
of 38 %, which is 62 choices of 100 for the old.

How many choices it takes to see a drop d with power 95 % at one-sided 5 %, by the normal law with
correction for continuity (Fleiss, Levin and Paik 2003, ch. 2):
n = ((z * 0.5 + z * sqrt((0.5 - d)(0.5 + d))) / d)² + 1 / d, with z = 1.645, rounded up to tens. For
12 points that is 200. As many also let 95 of 100 equally good candidates go. Ties only lower the
need.

Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from evals.gate_checks.wording import count_of, p_is, points
from evals.paired_tests import ALPHA, Z_95, mcnemar_p, wilson_lower
from evals.verdicts import UnusableInput, VerdictName

Choice = Literal["new", "old", "tie"]

TOLERATED_DROP = 0.12  # of the new answers' share, in proportion; the product's aim
EVEN = 0.5  # share of the new answers where both are as good


@dataclass(frozen=True)
class Preferred:
    """What the choices amount to. `share` and `low` (its one-sided 95 % bound) are 0..1."""

    verdict: VerdictName
    headline: str
    wins: int
    losses: int
    ties: int
    share: float
    low: float
    p: float
    choices_needed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dict(vars(self))


def choices_needed(drop: float = TOLERATED_DROP) -> int:
    """How many choices show a drop (0..0.5) of the new answers' share 95 times in 100."""
    spread = Z_95 * (EVEN + math.sqrt((EVEN - drop) * (EVEN + drop)))
    return math.ceil(((spread / drop) ** 2 + 1 / drop) / 10) * 10


def weigh(wins: int, losses: int, ties: int = 0, drop: float = TOLERATED_DROP) -> Preferred:
    """The verdict over so many choices for the new answers, for the old ones, and for neither.

    Go where the one-sided 95 % bound (Wilson) of the new answers' share rules out a drop as large
    as `drop`; else no-go where the old ones are preferred significantly (exact sign test, ties
    left out), and inconclusive where the choices cannot tell. Raises UnusableInput for negative
    counts and for a drop outside 0 to 0.5.
    """
    if min(wins, losses, ties) < 0:
        raise UnusableInput("wins, losses and ties must not be negative.")
    if not 0 < drop < EVEN:
        raise UnusableInput("drop must lie between 0 and 0.5.")
    total = wins + losses + ties
    share = (wins + ties / 2) / total if total else EVEN
    low, p = wilson_lower(share, total), mcnemar_p(losses, wins)
    verdict: VerdictName = "inconclusive"
    if low > EVEN - drop:
        verdict = "go"
    elif p <= ALPHA:
        verdict = "no_go"
    needed = choices_needed(drop)
    counted = (
        f"of {count_of(total, 'blind choice')} {wins} went to the new answers, {losses} to the "
        f"old, {ties} to neither"
    )
    said = {
        "go": f"Go: {counted}; a drop of {points(drop)} points is ruled out.",
        "no_go": f"No-go: {counted} ({p_is(p)}): the old ones are preferred.",
        "inconclusive": f"Inconclusive: {counted}. {_not_enough(total, needed, drop)}",
    }
    return Preferred(verdict, said[verdict], wins, losses, ties, share, low, p, needed)


def _not_enough(total: int, needed: int, drop: float) -> str:
    said = f"A drop of {points(drop)} points is neither shown nor ruled out"
    return f"{said}; {needed} choices would tell." if total < needed else f"{said}: ask more."


def count_by_case(choices: Iterable[tuple[str, Choice]]) -> tuple[int, int, int]:
    """Wins, losses and ties of cases: where several people judged one case, the majority speaks.

    So a case on which many agree counts once, like every other.
    """
    balance: dict[str, int] = defaultdict(int)
    for case, choice in choices:
        balance[case] += {"new": 1, "old": -1, "tie": 0}[choice]
    wins = sum(one > 0 for one in balance.values())
    losses = sum(one < 0 for one in balance.values())
    return wins, losses, len(balance) - wins - losses
