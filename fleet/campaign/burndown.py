"""The burn-down as a drawing: points of an SVG and the same as a table. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from registry.days import short_day

WIDTH, HEIGHT = 320, 84
"""Of the plot itself, in units of the drawing."""

LEFT, TOP, BELOW = 28, 6, 18
"""Room for the numbers on the left, above, and for the days below."""


@dataclass(frozen=True)
class Mark:
    """A line with a word at it: `x` from the left edge, `anchor` as in SVG."""

    x: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Burndown:
    """`real`: what was left, as a polyline's points; `ahead`: the forecast's; `plan`: even pace.

    `table`: the days on which something changed and what was left on their evening.
    """

    real: str
    ahead: str
    plan: str
    deadline: Mark | None
    today: Mark
    first: Mark
    last: Mark
    total: int
    table: list[tuple[dt.date, int]]

    @property
    def box(self) -> str:
        """The drawing's viewBox."""
        return f"0 0 {LEFT + WIDTH + 12} {TOP + HEIGHT + BELOW}"

    @property
    def floor(self) -> int:
        """Where nothing is left."""
        return TOP + HEIGHT

    @property
    def left(self) -> int:
        """Where the plot begins."""
        return LEFT

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return LEFT + WIDTH

    @property
    def top(self) -> int:
        """Where all are left."""
        return TOP


def burndown(
    through: Sequence[dt.date], *, started: dt.date, total: int, today: dt.date,
    deadline: dt.date | None, expected: dt.date | None,
) -> Burndown:  # fmt: skip
    """Draw what was left each evening from the start until today, and what is to come.

    A forecast far beyond the deadline is cut off: the drawing reaches at most twice as far.
    """
    end = _end(started, today, deadline, expected)
    days = (end - started).days or 1

    def x(day: dt.date) -> float:
        return round(LEFT + WIDTH * (day - started).days / days, 1)

    def y(left: float) -> float:
        return round(TOP + HEIGHT * (1 - left / total), 1) if total else TOP + HEIGHT

    table = _evenings(through, started, total, today)
    real = [(x(started), y(total))]
    for day, left in table:
        real += [(x(day), real[-1][1]), (x(day), y(left))]
    real.append((x(today), real[-1][1]))
    left_now = table[-1][1] if table else total
    return Burndown(
        real=_points(real),
        ahead=_ahead(x, y, today, left_now, expected, end),
        plan=_points([(x(started), y(total)), (x(deadline), y(0))]) if deadline else "",
        deadline=_mark(x(deadline), f"due {short_day(deadline)}") if deadline else None,
        today=_mark(x(today), "today"),
        first=Mark(LEFT, short_day(started), "start"),
        last=Mark(LEFT + WIDTH, short_day(end), "end"),
        total=total,
        table=table,
    )


def _end(
    started: dt.date, today: dt.date, deadline: dt.date | None, expected: dt.date | None
) -> dt.date:
    fixed = max(today, deadline or today, started + dt.timedelta(days=1))
    if expected is None or expected <= fixed:
        return fixed
    return min(expected, started + 2 * (fixed - started))


def _evenings(
    through: Sequence[dt.date], started: dt.date, total: int, today: dt.date
) -> list[tuple[dt.date, int]]:
    found, left = [], total
    for day, count in sorted(Counter(max(one, started) for one in through).items()):
        left -= count
        found.append((min(day, today), left))
    return found


def _ahead(
    x: Callable[[dt.date], float], y: Callable[[float], float], today: dt.date, left: int,
    expected: dt.date | None, end: dt.date,
) -> str:  # fmt: skip
    """From today's height to nothing on the expected day, or as far as the drawing reaches."""
    if expected is None or left <= 0 or expected <= today:
        return ""
    until = min(expected, end)
    at_end = left * (1 - (until - today).days / (expected - today).days)
    return _points([(x(today), y(left)), (x(until), y(at_end))])


def _mark(x: float, words: str) -> Mark:
    """A mark whose words stay inside the drawing."""
    anchor = "start" if x < LEFT + 40 else "end" if x > LEFT + WIDTH - 40 else "middle"
    return Mark(x, words, anchor)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
