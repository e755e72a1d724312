"""Agreement of two raters, chance taken off: Cohen's kappa with a 95 % interval. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964  # two-sided 95 % of the normal distribution

FEW = 5
"""Of a kind: below it a normal approximation of a share is commonly not trusted."""


@dataclass(frozen=True)
class Agreement:
    """What a judge's labels share with people's.

    `share` is the plain agreement, `kappa` what of it goes beyond chance: 1 all, 0 none, less
    than 0 worse than chance; None where both always say the same one label, so that nothing can
    be told. `low` and `high` bound kappa with 95 % confidence.
    """

    pairs: int
    share: float | None
    kappa: float | None
    low: float | None
    high: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Agreement over (people's label, judge's label) pairs.

    Kappa: Cohen, "A Coefficient of Agreement for Nominal Scales" (1960). Its standard error:
    Fleiss, Cohen and Everitt, "Large Sample Standard Errors of Kappa and Weighted Kappa" (1969),
    formula 13. That interval shrinks to nothing where all labels agree, however few they are; so
    below FEW disagreements (or agreements) each end is the wider of it and of Wilson's interval
    (1927) of the plain agreement, taken at the observed chance agreement.
    """
    count = len(pairs)
    if not count:
        return Agreement(0, None, None, None, None)
    share = sum(one == other for one, other in pairs) / count
    rows, columns = (_shares([pair[side] for pair in pairs]) for side in (0, 1))
    chance = sum(rows[label] * columns[label] for label in rows)
    if chance >= 1:
        return Agreement(count, share, None, None, None)
    kappa = (share - chance) / (1 - chance)
    error = _standard_error(pairs, rows, columns, kappa, chance)
    low, high = kappa - Z * error, kappa + Z * error
    if min(share, 1 - share) * count < FEW:
        ends = [(end - chance) / (1 - chance) for end in wilson(share, count)]
        low, high = min(ends[0], low), max(ends[1], high)
    return Agreement(count, share, kappa, max(-1.0, low), min(1.0, high))


def _shares(labels: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for label, times in Counter(labels).items():
        found[label] = times / len(labels)  # type: ignore[assignment]
    return found


def _standard_error(
    pairs: Sequence[tuple[str, str]],
    rows: Counter[str],
    columns: Counter[str],
    kappa: float,
    chance: float,
) -> float:
    count, off = len(pairs), 1 - kappa
    spread = 0.0
    for (one, other), times in Counter(pairs).items():
        if one == other:
            spread += times / count * (1 - (rows[one] + columns[one]) * off) ** 2
        else:
            spread += times / count * off**2 * (columns[one] + rows[other]) ** 2
    spread -= (kappa - chance * off) ** 2
    return math.sqrt(max(0.0, spread) / count) / (1 - chance)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's two-sided 95 % interval of a share."""
    centre = share + Z * Z / (2 * count)
    half = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    scale = 1 + Z * Z / count
    return (centre - half) / scale, (centre + half) / scale


def in_words(kappa: float) -> str:
    """What a kappa is called: Landis and Koch, "The Measurement of Observer Agreement" (1977)."""
    for floor, word in ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate")):
        if kappa > floor:
            return word
    return "fair" if kappa > 0.2 else "slight" if kappa >= 0 else "worse than chance"
