"""The figures of a board's head, over all the tracks that a person sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.campaign.models import SERVING, TrackStage
from fleet.campaign.rows import Row
from fleet.overview.revenue import Revenue

OUTSIDE = (TrackStage.EXEMPT, TrackStage.CANCELLED)
"""Stages whose tracks no longer have to come through."""


@dataclass(frozen=True)
class Count:
    """Tracks in one stage. `share`: the revenue behind them, 0 to 1 of all customers'."""

    stage: TrackStage
    count: int
    share: float


@dataclass(frozen=True)
class Figures:
    """`total` has to come through, `through` is; `share_through` of their revenue, 0 to 1.

    `mean`: mean change of the pass rate over the `measured`, in proportion, None while nothing
    is measured. `regressed` got worse than they may.
    """

    counts: list[Count]
    every: int
    total: int
    through: int
    share_through: float | None
    share_open: float
    exempt: int
    measured: int
    regressed: int
    no_go: int
    unsure: int
    mean: float | None

    @property
    def mean_words(self) -> str:
        """How the mean moved; empty while nothing is measured."""
        return in_points(self.mean) if self.mean is not None else ""


def figures_of(rows: Sequence[Row]) -> Figures:
    """Counted in one pass over the rows; revenue counts a customer once."""
    inside = [row for row in rows if row.line.stage not in OUTSIDE]
    through = [row for row in inside if row.line.stage in SERVING]
    changes = [row.line.change for row in rows if row.line.change is not None]
    whole = share_behind(inside)
    # A customer with one variant through and one open still waits for us.
    left = share_behind([row for row in inside if row.line.stage not in SERVING])
    return Figures(
        counts=counts_of(rows),
        every=len(rows),
        total=len(inside),
        through=len(through),
        share_through=max(0.0, 1 - left / whole) if whole else None,
        share_open=left,
        exempt=sum(row.line.stage == TrackStage.EXEMPT for row in rows),
        measured=len(changes),
        regressed=sum(row.line.regressed for row in rows),
        no_go=sum(row.line.verdict == "no_go" for row in rows),
        unsure=sum(row.line.verdict == "inconclusive" for row in rows),
        mean=sum(changes) / len(changes) if changes else None,
    )


def counts_of(rows: Sequence[Row]) -> list[Count]:
    """By stage, in the order of the way; stages without a track are left out."""
    by_stage: dict[str, list[Row]] = {}
    for row in rows:
        by_stage.setdefault(row.line.stage, []).append(row)
    return [
        Count(stage, len(by_stage[stage]), share_behind(by_stage[stage]))
        for stage in TrackStage if stage in by_stage
    ]  # fmt: skip


def share_behind(rows: Sequence[Row]) -> float:
    """The revenue of their customers, each counted once, 0 to 1 of all; 0 while none is known."""
    if not rows:
        return 0.0
    revenue: Revenue = rows[0].revenue
    return revenue.share(revenue.of(_customers(rows, revenue))) or 0.0


def _customers(rows: Sequence[Row], revenue: Revenue) -> set[int]:
    """Whose revenue hangs on them: their tenants', or all that a platform default serves."""
    lines = [row.line for row in rows]
    prompts = {line.prompt_id for line in lines if line.tenant_id is None}
    tenants = {line.tenant_id for line in lines if line.tenant_id is not None}
    return tenants.union(*(revenue.served_by_default(prompt) for prompt in prompts))


def in_points(change: float) -> str:
    """A change of a pass rate in words: “fell by 0.4 points”."""
    points = abs(change) * 100
    if points < 0.05:
        return "did not move"
    return f"{'rose' if change > 0 else 'fell'} by {points:.1f} points"
