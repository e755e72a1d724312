"""The statistics of two arms on the same cases. Pure; nothing here knows of verdicts.

All of it is monotone: a lower score in the candidate never makes a p-value larger or a bound
better. That is why random numbers are tied to the ranks of the values and to nothing else: the
same draws meet values that are all lower or equal, whatever the cases are called.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import compress

ALPHA = 0.05  # chance of a false alarm that is accepted over all that was screened together
Z_95 = 1.6448536269514722  # one-sided 95 %
Z_80 = 0.8416212335729143  # power 80 %, for the smallest detectable effect
SEED = 20261121  # of every resampling: the same results always give the same verdict

UNITS = 840  # of one whole score: exact for 1 to 8 repeats
EXACT_WORK = 2_000_000_000  # bit operations that an exact test may take, about 0.1 s
EXACT_CHANGES = 2_000  # changed cases up to which McNemar's sum is formed exactly
FLIPS = 1_999  # resamplings of a sign-flip test too large to be exact
FEWEST_FLIPS = 499
MOST_COINS = 1_000_000  # coins of one test; with more cases it has fewer resamplings


def mcnemar_p(broken: int, fixed: int) -> float:
    """Chance of so many broken cases or more, were breaking and fixing equally likely.

    Exact (McNemar 1947, binomial form) up to 2,000 changed cases, from there by the normal law
    with correction for continuity.
    """
    changed = broken + fixed
    if not changed:
        return 1.0
    if changed > EXACT_CHANGES:
        return 0.5 * math.erfc((broken - fixed - 1) / math.sqrt(2 * changed))
    term = at_least = 1
    for count in range(changed, broken, -1):
        term = term * count // (changed - count + 1)
        at_least += term
    return float(at_least / 2**changed)


def sign_flip_p(falls: Sequence[float]) -> float:
    """Chance of a total fall like this or a deeper one, were every case as likely to rise.

    `falls` are the cases' falls of score, -1..1 (a fall is positive). Exact where the number of
    changed cases allows, by seeded flips otherwise. With falls of -1, 0 and 1 alone it is
    McNemar's test.
    """
    units = [round(fall * UNITS) for fall in falls]
    grain = math.gcd(*units)
    if not grain:
        return 1.0
    units = [unit // grain for unit in units]
    gains = -sum(unit for unit in units if unit < 0)
    sizes = [abs(unit) for unit in units if unit]
    if max(sizes) == 1:
        return mcnemar_p(len(sizes) - gains, gains)
    others = sum(sizes) - gains - 1
    if (min(gains, others) + 1) * len(sizes) ** 2 > EXACT_WORK:
        return _flipped(units)
    if gains <= others:
        return _share_of_subsets(sizes, gains)
    return 1 - _share_of_subsets(sizes, others)


def _share_of_subsets(sizes: Sequence[int], limit: int) -> float:
    """Share of all subsets of `sizes` that add up to at most `limit`.

    The counts by sum stand side by side in one long integer, so that adding a size to every
    subset is one shift and one addition.
    """
    if limit < 0:
        return 0.0
    width = len(sizes) + 1
    keep = (1 << (limit + 1) * width) - 1
    counts = 1
    for size in sizes:
        if size <= limit:
            counts += (counts << size * width) & keep
    # Modulo 2**width - 1 the digits of base 2**width add up.
    return counts % ((1 << width) - 1) / 2 ** len(sizes)


def _flipped(falls: Sequence[int]) -> float:
    ranked, size = sorted(falls), len(falls)
    flips = FLIPS if size * FLIPS <= MOST_COINS else FEWEST_FLIPS
    coins = random.Random(SEED).randbytes(size * flips).translate(bytes([0, 1] * 128))
    as_deep = sum(
        sum(compress(ranked, coins[start : start + size])) <= 0
        for start in range(0, size * flips, size)
    )
    return (1 + as_deep) / (1 + flips)


def holm(p_values: Mapping[str, float], alpha: float = ALPHA) -> list[str]:
    """The names that stay significant after Holm's correction (1979), smallest p first."""
    kept = []
    ranked = sorted(p_values.items(), key=lambda item: (item[1], item[0]))
    for rank, (name, p) in enumerate(ranked):
        if p > alpha / (len(ranked) - rank):
            break
        kept.append(name)
    return kept


def wilson_lower(rate: float, size: int) -> float:
    """One-sided 95 % lower bound of a rate seen in `size` cases (Wilson 1927); 0 of none."""
    if not size:
        return 0.0
    z = Z_95 * Z_95
    spread = Z_95 * math.sqrt(rate * (1 - rate) / size + z / (4 * size * size))
    return max(0.0, (rate + z / (2 * size) - spread) / (1 + z / size))


def detectable_drop(size: int, noise: float) -> float:
    """The smallest true fall of a rate, 0..1, that `size` cases show four times in five.

    `noise` is the share of cases that change in pairs, one broken for one fixed. From McNemar's
    power (Miettinen 1968): fall² * n = (z95 + z80)² * (noise + fall). 1 for no cases.
    """
    if not size:
        return 1.0
    z = (Z_95 + Z_80) ** 2
    return min(1.0, (z + math.sqrt(z * z + 4 * size * z * noise)) / (2 * size))


def cases_to_detect(drop: float, noise: float) -> int:
    """How many cases show a fall of `drop` (0..1) four times in five; see `detectable_drop`."""
    z = (Z_95 + Z_80) ** 2
    return math.ceil(z * (noise + drop) / (drop * drop) - 1e-9)


def mean_of(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0
