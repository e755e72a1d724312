"""When a model's retirement is told of: pure arithmetic of days."""

from __future__ import annotations

import datetime as dt

STEPS = (90, 60, 30, 14, 7)
"""Days before the end. A fleet's migration takes about two months: 90 is time to plan it."""


def step_due(retires_on: dt.date, today: dt.date) -> int | None:
    """The step that is to be told today: the last one that was reached; None before and after.

    The day of the retirement still counts, as 0 days left. A day on which nobody asked is made up
    for: what was reached then is still the last one, until the next is reached.
    """
    left = (retires_on - today).days
    return min((step for step in STEPS if left <= step), default=None) if left >= 0 else None


def key_of(target: int, retires_on: dt.date, step: int) -> str:
    """Tells a step of a retirement once; another date is another retirement."""
    return f"retirement:{target}:{retires_on.isoformat()}:{step}"
