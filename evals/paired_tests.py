"""The statistics of two arms on the same cases. Pure; nothing here knows of verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

ALPHA = 0.05  # chance of a false alarm that is accepted over all slices together
Z_95 = 1.6448536269514722  # one-sided 95 %
Z_80 = 0.8416212335729143  # power 80 %, for the smallest detectable effect


def mcnemar_p(broken: int, fixed: int) -> float:
    """Chance of so many broken cases or more, were breaking and fixing equally likely. Exact."""
    changed = broken + fixed
    if not changed:
        return 1.0
    at_least = sum(math.comb(changed, k) for k in range(broken, changed + 1))
    return float(at_least / 2**changed)


def holm(p_values: Mapping[str, float], alpha: float = ALPHA) -> list[str]:
    """The names that stay significant after Holm's correction, smallest p first."""
    kept = []
    ranked = sorted(p_values.items(), key=lambda item: (item[1], item[0]))
    for rank, (name, p) in enumerate(ranked):
        if p > alpha / (len(ranked) - rank):
            break
        kept.append(name)
    return kept


def paired_difference(changes: Sequence[float]) -> tuple[float, float]:
    """Mean of the cases' changes (-1..1, at least one) and its standard error.

    The error is McNemar's, sqrt(sum of squared changes) / n, which takes no credit for a shift. A
    third of a changed case is added so that a run without any change is not taken for certainty,
    and so that un-fixing a case can never improve the bound.
    """
    squares = math.fsum(change * change for change in changes)
    return mean_of(changes), math.sqrt(squares + 1 / 3) / len(changes)


def mean_of(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0
