"""The rows of a list of reviews: what each weighs, and what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.models import EvalRun, RunStage
from evals.views.progress import done_calls
from fleet.overview.revenue import Revenue, load_revenue
from fleet.review.evidence import latest_runs
from fleet.review.models import Layer, Review, ReviewStage
from fleet.review.rules import Progress, new_layers, progress_of
from fleet.review.turns import Turn

UNDECIDED = (
    ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED, ReviewStage.SCHEDULED,
)  # fmt: skip
"""Stages in which a review still waits for somebody or for its time."""

RISKY = (Layer.POLICY, Layer.BASE, Layer.MODEL)
"""Layers whose change reaches further than one customer's own words."""


@dataclass(frozen=True)
class Row:
    """One review in a list. `share`: revenue behind the variant, 0 to 1; `far`: approvals."""

    review: Review
    run: EvalRun | None
    done: int
    share: float | None
    turn: Turn
    far: Progress | None
    layers: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Any:
        """The verdict of the newest run, None while there is none."""
        return getattr(self.run, "verdict", None)

    @property
    def state(self) -> str:
        """What the verdict column shows as a pill."""
        return state_of(self.run)

    @property
    def url(self) -> str:
        """The page of the review, with the dialog open that is asked for."""
        need = self.turn.need
        act = f"?act={need.act}" if need is not None and need.act else ""
        return f"{self.review.get_absolute_url()}{act}"


def state_of(run: EvalRun | None) -> str:
    """running, go, no_go or inconclusive; nothing while it was not measured."""
    verdict = getattr(run, "verdict", None)
    if verdict is not None:
        return str(verdict.kind)
    return str(run.stage) if run is not None else ""


def rows_of(reviews: Iterable[Review], turns: Mapping[int, Turn]) -> list[Row]:
    """Rows with verdict, risk and what is needed of one person; the queries do not grow.

    `turns`: by review, that person's.
    """
    found = list(reviews)
    runs = latest_runs(review.revision_id for review in found)
    done = done_calls(run.pk for run in runs.values() if run.stage == RunStage.RUNNING)
    revenue = load_revenue()
    far = progress_of([one.revision for one in found if one.stage in UNDECIDED])
    rows = []
    for review in found:
        run, turn = runs.get(review.revision_id), turns[review.pk]
        share = share_of(review.variant.tenant_id, review.variant.prompt_id, revenue)
        rows.append(
            Row(
                review, run, done.get(run.pk, 0) if run else 0, share, turn,
                far.get(review.revision_id), _layers(review),
            )
        )  # fmt: skip
    return rows


def _layers(review: Review) -> list[str]:
    """What is new in it, the farthest reaching first."""
    new = new_layers(review.revision, review.revision.parent)
    order = [layer for layer in (*RISKY, Layer.OVERLAY) if layer in new]
    return [str(layer.label) for layer in order]


def share_of(tenant_id: int | None, prompt_id: int, revenue: Revenue) -> float | None:
    """Revenue behind a variant as a share of all, 0 to 1; None while no revenue is known.

    The platform default stands for the customers without a variant of that prompt.
    """
    if tenant_id is None:
        return revenue.share(revenue.of(revenue.served_by_default(prompt_id)))
    return revenue.share(revenue.by_tenant[tenant_id])
