"""When a campaign will be through at its real pace, and what is left on the day. Pure.

Method: throughput forecasting (Vacanti, Actionable Agile Metrics for Predictability, 2015): the
past number of finished tracks a day, counted over calendar days with weekends in, tells the
next ones; no estimate of single tracks goes in. The expected day is what is left divided by the
mean of the last WINDOW days. The late day is the first by which the sum of that many days
reaches what is left with 85 % probability, days being independent with the mean and variance
seen (normal approximation of their sum).

Which tracks are left nobody can know, so the revenue on the day is that of the open tracks in
proportion to their number.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from registry.days import day, short_day

WINDOW = 14
"""Days that count for the pace: two working weeks, so that a weekend weighs as it does."""

LEAST_TRACKS = 5
"""With five samples the median lies between the least and the greatest in 94 of 100 cases (the
rule of five: Hubbard, How to Measure Anything, 2007); with fewer nothing is said."""

LEAST_DAYS = 3
"""A pace of one busy afternoon is none."""

LATE_SIGMAS = 1.0364
"""The 85 % quantile of the standard normal distribution."""

FURTHEST = dt.timedelta(days=3650)
"""Days beyond this are not named: the pace is as good as none."""

Kind = Literal["over", "too_little", "standing", "no_date", "in_time", "close", "late"]


@dataclass(frozen=True)
class Forecast:
    """`per_day`: tracks a calendar day. `left` tracks on the deadline and their `revenue_left`.

    `expected` and `late` are days; None where they cannot be told. Revenue is a share of the
    campaign's, 0 to 1. `close`: in time if all goes as it did on the mean, but not surely.
    """

    kind: Kind
    words: str
    per_day: float = 0.0
    expected: dt.date | None = None
    late: dt.date | None = None
    left: int = 0
    revenue_left: float = 0.0


def forecast(
    through: Sequence[dt.date], *, started: dt.date, total: int, revenue_open: float | None,
    deadline: dt.date | None, today: dt.date,
) -> Forecast:  # fmt: skip
    """What `through` (a day for each track that came through) says of the others.

    `total` tracks have to come through; `revenue_open` is the share of the campaign's revenue
    that is still open, 0 to 1, None while no revenue is known.
    """
    open_ones = total - len(through)
    if open_ones <= 0:
        return Forecast("over", "All are through.")
    daily = _daily(through, started, today)
    if len(through) < LEAST_TRACKS or len(daily) < LEAST_DAYS:
        return Forecast("too_little", _too_little(len(through), len(daily)))
    mean = sum(daily) / len(daily)
    if not mean:
        words = f"Nothing came through in the last {len(daily)} days: at this pace it never ends."
        on_the_day = {"left": open_ones, "revenue_left": revenue_open or 0.0} if deadline else {}
        return Forecast("standing", words, **on_the_day)  # type: ignore[arg-type]
    expected = _after(today, open_ones / mean)
    late = _after(today, _late_days(daily, mean, open_ones))
    if deadline is None:
        words = f"At this pace the last is through {_on(expected)}."
        return Forecast("no_date", words, mean, expected, late)
    left = _left(open_ones, mean, (deadline - today).days)
    revenue_left = (revenue_open or 0.0) * (left / open_ones)  # never more than is open
    kind: Kind = "late" if left else "in_time" if late and late <= deadline else "close"
    words = _words(kind, left, revenue_left if revenue_open is not None else None, expected, late)
    return Forecast(kind, words, mean, expected, late, left, revenue_left)


def _daily(through: Sequence[dt.date], started: dt.date, today: dt.date) -> list[int]:
    """Tracks that came through on each day of the window, today included."""
    counts = Counter(through)
    days = min(WINDOW, (today - started).days + 1)
    return [counts[today - dt.timedelta(days=back)] for back in range(days)]


def _left(open_ones: int, mean: float, days: int) -> int:
    """Open tracks on the morning after so many days at that mean."""
    return max(0, open_ones - math.floor(mean * max(0, days) + 1e-9))


def _late_days(daily: Sequence[int], mean: float, open_ones: int) -> float:
    """Days n with n·mean − z·√(n·variance) = open_ones, solved for √n."""
    variance = sum((one - mean) ** 2 for one in daily) / max(1, len(daily) - 1)
    spread = LATE_SIGMAS * math.sqrt(variance)
    root = (spread + math.sqrt(spread**2 + 4 * mean * open_ones)) / (2 * mean)
    return root**2


def _after(today: dt.date, days: float) -> dt.date | None:
    """So many days later, begun days counted whole; None beyond FURTHEST."""
    if days > FURTHEST.days:
        return None
    return today + dt.timedelta(days=math.ceil(days - 1e-9))


def _too_little(through: int, days: int) -> str:
    if days < LEAST_DAYS:
        return f"Too early for a forecast: it takes {LEAST_DAYS} days of work to tell a pace."
    came = "nothing came" if not through else "one came" if through == 1 else f"{through} came"
    return f"Too little for a forecast: {came} through, it takes {LEAST_TRACKS}."


def _words(
    kind: Kind, left: int, revenue: float | None, expected: dt.date | None, late: dt.date | None
) -> str:
    if kind == "late":
        worth = "" if revenue is None else f": {_percent(revenue)} of revenue"
        variants = "1 variant is" if left == 1 else f"{left} variants are"
        return f"At this pace {variants} left on the day{worth}."
    if kind == "close":
        return f"At this pace all are through {_on(expected)}, but it is close: {_surely(late)}."
    return f"At this pace all are through {_on(expected)}, in time."


def _on(when: dt.date | None) -> str:
    return "in more than ten years" if when is None else f"on {day(when)}"


def _surely(when: dt.date | None) -> str:
    return "85 % sure only " + ("in ten years" if when is None else f"by {short_day(when)}")


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0") + " %" if share < 0.1 else f"{share * 100:.0f} %"
