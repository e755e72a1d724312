"""Many variants at once: which p-values stand out of a whole fleet?

By Benjamini and Hochberg (1995). It informs and nothing else: no verdict reads it, so it can
neither block a variant nor hide a lone regression. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evals.gate_checks.wording import count_of, named
from evals.verdicts import UnusableInput

FALSE_DISCOVERIES = 0.05  # expected share of false alarms among those that stand out


@dataclass(frozen=True)
class Row:
    """A variant's p-value, and the false discovery rate at which it would just stand out."""

    name: str
    p: float
    q: float

    @property
    def stands_out(self) -> bool:
        """Whether it does at 5 %."""
        return self.q <= FALSE_DISCOVERIES


@dataclass(frozen=True)
class FleetReport:
    """Every variant, smallest p first, and a sentence about them."""

    rows: tuple[Row, ...]
    said: str


def fleet_report(p_values: Mapping[str, float]) -> FleetReport:
    """The report over each variant's overall p (`Decision.p_values["overall"]`).

    Raises UnusableInput for a p outside 0 to 1.
    """
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise UnusableInput(f"The p-value of {name} must lie between 0 and 1.")
    ranked = sorted(p_values.items(), key=lambda item: (item[1], item[0]))
    rows, q = [], 1.0
    for rank in range(len(ranked), 0, -1):
        name, p = ranked[rank - 1]
        q = min(q, p * len(ranked) / rank)
        rows.append(Row(name, p, q))
    rows.reverse()
    return FleetReport(tuple(rows), _said(rows))


def _said(rows: list[Row]) -> str:
    out = [row.name for row in rows if row.stands_out]
    of = f"of {count_of(len(rows), 'variant')}"
    if not out:
        return f"None {of} stands out of the fleet; a verdict is each variant's own."
    verb = "stands" if len(out) == 1 else "stand"
    return f"{len(out)} {of} {verb} out of the fleet: {named(out)}."
