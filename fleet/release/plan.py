"""A canary's way to everybody: steps with a share and a time to soak. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

LEAST_SHARE, MOST_SHARE = 0.01, 0.5
"""Shares of a canary: under 1 % nobody learns anything, over half it is no trial any more."""

MOST_MINUTES = 20_160
"""A fortnight: what soaks longer is forgotten."""

MOST_STEPS = 10


class UnfitPlan(ValueError):
    """The plan cannot be followed; the message says which step and why."""


@dataclass(frozen=True)
class Step:
    """`share` of sessions (0 to 1) for at least `soak_minutes`."""

    share: float
    soak_minutes: int

    @property
    def soak(self) -> dt.timedelta:
        """The soak time as a span."""
        return dt.timedelta(minutes=self.soak_minutes)


Plan = tuple[Step, ...]

DEFAULT: Plan = (Step(0.05, 60), Step(0.25, 240), Step(0.5, 240))
"""An hour for what breaks at once, then most of a working day for what shows slowly."""


def read_plan(rows: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan that JSON rows describe. UnfitPlan where a step is out of bounds or shrinks."""
    if not rows:
        raise UnfitPlan("A canary needs at least one step.")
    if len(rows) > MOST_STEPS:
        raise UnfitPlan(f"At most {MOST_STEPS} steps, please.")
    steps = tuple(_step(number, row) for number, row in enumerate(rows, start=1))
    for number, (before, after) in enumerate(pairwise(steps), start=2):
        if after.share <= before.share:
            raise UnfitPlan(f"Step {number} has to reach more sessions than the one before it.")
    return steps


def _step(number: int, row: Mapping[str, Any]) -> Step:
    share, minutes = _number(row.get("share")), _number(row.get("soak_minutes"))
    if share is None or not LEAST_SHARE <= share <= MOST_SHARE:
        raise UnfitPlan(f"Step {number}: its share has to be between 1 % and 50 % of sessions.")
    if minutes is None or not minutes.is_integer() or not 0 <= minutes <= MOST_MINUTES:
        raise UnfitPlan(
            f"Step {number}: its soak time has to be between 0 and {MOST_MINUTES:,} whole minutes "
            "(14 days)."
        )
    return Step(round(share, 4), int(minutes))


def _number(value: object) -> float | None:
    """A finite number, or None for anything else; true and false are no numbers here."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def as_json(plan: Plan) -> list[dict[str, Any]]:
    """The plan as a release keeps it."""
    return [{"share": step.share, "soak_minutes": step.soak_minutes} for step in plan]


def due_at(plan: Plan, step: int, since: dt.datetime) -> dt.datetime:
    """When the soak time of a step that began at `since` is over."""
    return since + plan[step].soak


def in_words(minutes: int) -> str:
    """A soak time as people say it: “40 min”, “4 h”, “1 h 30 min”, “2 days”."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes % 1440 == 0:
        return f"{minutes // 1440} day{'s' if minutes > 1440 else ''}"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
