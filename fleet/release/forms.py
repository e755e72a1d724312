"""A canary's plan as it is typed: rows of percent and minutes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from fleet.release.plan import DEFAULT, MOST_STEPS, Plan, UnfitPlan, read_plan

ROWS = 5
"""Rows of the form: the default plan's three and two to fill in."""


@dataclass(frozen=True)
class Row:
    """One step as typed: percent of sessions, minutes to soak. An empty row is no step."""

    number: int
    percent: str = ""
    minutes: str = ""


def default_rows() -> list[Row]:
    """The default plan as rows, with empty ones after it."""
    typed = [(f"{step.share * 100:.4g}", str(step.soak_minutes)) for step in DEFAULT]
    return rows_of([one for one, _ in typed], [other for _, other in typed])


def rows_of(percents: Sequence[str], minutes: Sequence[str]) -> list[Row]:
    """What was typed, row by row."""
    typed = list(zip_longest(percents[:MOST_STEPS], minutes[:MOST_STEPS], fillvalue=""))
    typed += [("", "")] * (ROWS - len(typed))
    return [Row(number, *pair) for number, pair in enumerate(typed, start=1)]


def plan_of(rows: Sequence[Row]) -> Plan:
    """The plan that was typed; UnfitPlan says which step cannot be read."""
    filled = [row for row in rows if row.percent.strip() or row.minutes.strip()]
    return read_plan([_read(number, row) for number, row in enumerate(filled, start=1)])


def _read(number: int, row: Row) -> Mapping[str, Any]:
    share = _number(row.percent.strip().removesuffix("%").strip().replace(",", "."))
    minutes = _number(row.minutes.strip() or "0")
    if share is None or minutes is None:
        raise UnfitPlan(f"Step {number}: give its share in percent and its soak time in minutes.")
    return {"share": share / 100, "soak_minutes": minutes}


def _number(text: str) -> float | None:
    try:
        return float(text) if len(text) <= 12 else None
    except ValueError:
        return None
