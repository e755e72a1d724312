"""The cluster bootstrap of a mean change. Pure, seeded, and monotone.

The same draws meet values that are all lower or equal once one of them is lowered, since a draw
addresses a rank: so a bound never rises when a case breaks.
"""

from __future__ import annotations

import math
import random
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from evals.paired_tests import SEED, Z_95, mean_of

RESAMPLES = 999  # the bound is the 50th smallest
FEWEST_RESAMPLES = 499
MOST_DRAWS = 1_000_000  # with more cases there are fewer resamples
MOST_RESAMPLED = 2_000  # cases from which the mean's own normal law is as good
FINE = 10**9  # changes are added up as whole numbers, so that sums do not depend on their order
FEW_VALUES = 24  # different changes up to which draws are counted, not looked up


def bounds(changes: Sequence[float]) -> tuple[float, float]:
    """One-sided 95 % bounds, lower and upper, of the mean change (-1..1) of the cases.

    A percentile bootstrap over cases (Efron 1979): a case is a cluster, its repeats stay
    together. The draws are seeded and address ranks, so the order of cases is of no account.
    At least one change.
    """
    size = len(changes)
    if size > MOST_RESAMPLED:
        return _normal_bounds(changes)
    ranked = sorted(round(change * FINE) for change in changes)
    draws = _draws(size)
    steps = list(Counter(ranked).items())
    few = len(steps) <= FEW_VALUES
    totals = sorted(_by_steps(draws, steps, size) if few else _by_value(draws, ranked))
    edge = (len(draws) + 1) // 20 - 1
    return totals[edge] / FINE / size, totals[-1 - edge] / FINE / size


def _normal_bounds(changes: Sequence[float]) -> tuple[float, float]:
    """The mean and 1.645 of McNemar's standard errors, which take no credit for a shift.

    z² - 1 = 1.71 changed cases are added, with which a bound is monotone in every change.
    """
    squares = math.fsum(change * change for change in changes)
    reach = Z_95 * math.sqrt(squares + Z_95**2 - 1) / len(changes)
    return mean_of(changes) - reach, mean_of(changes) + reach


@lru_cache(maxsize=8)
def _draws(size: int) -> tuple[array[int], ...]:
    """For every resample as many sorted draws of 0..65535 as there are cases."""
    resamples = RESAMPLES if size * RESAMPLES <= MOST_DRAWS else FEWEST_RESAMPLES
    drawn = array("H", random.Random(SEED).randbytes(2 * size * resamples))
    if sys.byteorder == "big":
        drawn.byteswap()
    starts = range(0, size * resamples, size)
    return tuple(array("H", sorted(drawn[start : start + size])) for start in starts)


def _by_steps(
    draws: Sequence[array[int]], steps: Sequence[tuple[int, int]], size: int
) -> Iterator[int]:
    """Totals of the resamples where there are few different values: (value, how often), rising.

    A total is the lowest value of all, and for each step up the draws that come to lie above it.
    """
    rank, columns = 0, [[steps[0][0] * size] * len(draws)]
    for (value, times), (following, _) in pairwise(steps):
        rank += times
        edge, rise = (rank << 16) // size, following - value
        columns.append([rise * (size - bisect_left(drawn, edge)) for drawn in draws])
    return map(sum, zip(*columns, strict=True))


def _by_value(draws: Sequence[array[int]], ranked: Sequence[int]) -> Iterator[int]:
    """Totals of the resamples where most values differ: each draw is looked up."""
    table: list[int] = []
    for rank, value in enumerate(ranked, 1):
        table += [value] * ((rank << 16) // len(ranked) - len(table))
    for drawn in draws:
        yield sum(map(table.__getitem__, drawn))
