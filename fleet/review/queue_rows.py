"""The rows of a list of reviews: what each weighs, and what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from evals.models import EvalRun, RunStage
from evals.views.progress import done_calls
from fleet.campaign.models import Track
from fleet.overview.revenue import Revenue, load_revenue
from fleet.review.barred import contributors_of
from fleet.review.evidence import latest_runs
from fleet.review.models import Approval, Layer, Review, ReviewStage
from fleet.review.rules import Progress, new_layers, progress_of
from registry.models import Revision, User, Variant

UNDECIDED = (
    ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED, ReviewStage.SCHEDULED,
)  # fmt: skip
"""Stages in which a review still waits for somebody or for its time."""

RISKY = (Layer.POLICY, Layer.BASE, Layer.MODEL)
"""Layers whose change reaches further than one customer's own words."""


@dataclass(frozen=True)
class Need:
    """What a person can do about a review now: a verb, and the dialog of its page."""

    verb: str
    act: str = ""


@dataclass(frozen=True)
class Row:
    """One review in a list. `share`: revenue behind the variant, 0 to 1; `far`: approvals."""

    review: Review
    run: EvalRun | None
    done: int
    share: float | None
    barred: bool
    far: Progress | None
    layers: list[str] = field(default_factory=list)
    need: Need | None = None
    may_schedule: bool = False
    may_decide: bool = False

    @property
    def verdict(self) -> Any:
        """The verdict of the newest run, None while there is none."""
        return getattr(self.run, "verdict", None)

    @property
    def state(self) -> str:
        """What the verdict column shows as a pill: running, go, no_go, inconclusive or nothing."""
        if self.verdict is not None:
            return str(self.verdict.kind)
        return str(self.run.stage) if self.run is not None else ""

    @property
    def url(self) -> str:
        """The page of the review, with the dialog open that is asked for."""
        act = f"?act={self.need.act}" if self.need is not None and self.need.act else ""
        return f"{self.review.get_absolute_url()}{act}"

    @property
    def risk(self) -> tuple[int, float]:
        """Sort key, the largest risk last: a bad or missing verdict, then the revenue behind."""
        badness = {"no_go": 3, "inconclusive": 2, "": 2, "running": 1}.get(self.state, 0)
        return badness, self.share or 0.0


def rows_of(reviews: Iterable[Review], user: User) -> list[Row]:
    """Rows with verdict, risk and what is needed of this person; the queries do not grow."""
    found = list(reviews)
    revisions = [review.revision for review in found]
    runs = latest_runs(revision.pk for revision in revisions)
    done = done_calls(run.pk for run in runs.values() if run.stage == RunStage.RUNNING)
    revenue, wrote = load_revenue(), contributors_of(revisions)
    far = progress_of([one.revision for one in found if one.stage in UNDECIDED])
    said, tracked = _said(found, user), _tracked(revisions)
    rows = []
    for review in found:
        run, barred = runs.get(review.revision_id), user.pk in wrote[review.revision_id]
        free = review.stage == ReviewStage.APPROVED and review.revision_id not in tracked
        may_release = free and user.has_perm("registry.release")
        may_decide = (
            review.stage == ReviewStage.OPEN and not barred and review.pk not in said
            and user.has_perm("registry.approve")
        )  # fmt: skip
        rows.append(
            Row(
                review, run, done.get(run.pk, 0) if run else 0,
                share_of(review.variant, revenue), barred, far.get(review.revision_id),
                _layers(review), _need(review, user, may_decide, may_release),
                may_release, may_decide,
            )
        )  # fmt: skip
    return rows


def _need(review: Review, user: User, may_decide: bool, may_release: bool) -> Need | None:
    """What this person can do about it now; None when it waits for others."""
    if review.suspended_why and user.pk in (review.opened_by_id, review.scheduled_by_id):
        return Need("Suspended: look")
    if may_decide:
        return Need("Decide")
    if review.stage == ReviewStage.CHANGES_REQUESTED and review.opened_by_id == user.pk:
        return Need("Changes requested")
    return Need("Make live", "publish") if may_release else None


def _said(reviews: Sequence[Review], user: User) -> set[int]:
    """Reviews on whose present round this person has said yes or no."""
    rounds = {review.pk: review.round for review in reviews}
    given = Approval.objects.filter(review__in=rounds, by=user).values_list("review_id", "round")
    return {pk for pk, number in given if pk is not None and rounds[pk] == number}


def _tracked(revisions: Sequence[Revision]) -> set[UUID]:
    """Revisions that a migration or roll-out brings in: they go live from its track."""
    ids = [revision.pk for revision in revisions]
    tracks = Track.objects.filter(revision__in=ids, closed_at__isnull=True)
    return set(tracks.values_list("revision_id", flat=True))


def _layers(review: Review) -> list[str]:
    """What is new in it, the farthest reaching first."""
    new = new_layers(review.revision, review.revision.parent)
    order = [layer for layer in (*RISKY, Layer.OVERLAY) if layer in new]
    return [str(layer.label) for layer in order]


def share_of(variant: Variant, revenue: Revenue) -> float | None:
    """Revenue behind a variant as a share of all, 0 to 1; None while no revenue is known.

    The platform default stands for the customers without a variant of that prompt.
    """
    if variant.tenant_id is None:
        return revenue.share(revenue.of(revenue.served_by_default(variant.prompt_id)))
    return revenue.share(revenue.by_tenant[variant.tenant_id])
