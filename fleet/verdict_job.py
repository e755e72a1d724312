"""What follows from verdicts: the tracks and reviews that waited for them go on."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from evals.models import EvalRun
from fleet.campaign.actions import settle_all
from fleet.campaign.models import Track
from fleet.review.actions import void_stale
from fleet.review.models import Review
from registry import work
from registry.models import WorkItem


def waited_for(items: Sequence[WorkItem]) -> list[WorkItem]:
    """Those of the items of verdicts that a track or a review waits for; two queries."""
    runs = {item.payload["run"] for item in items}
    tracks = Track.objects.filter(run__in=runs).values_list("run_id", flat=True)
    found = {str(run) for run in tracks}
    reviewed = Review.objects.filter(revision__eval_runs__in=runs)
    found |= {str(run) for run in reviewed.values_list("revision__eval_runs", flat=True)}
    return [item for item in items if item.payload["run"] in found]


def after_verdict(item: WorkItem) -> None:
    """`after_verdicts` of one."""
    after_verdicts([item])


@transaction.atomic
def after_verdicts(items: Sequence[WorkItem]) -> None:
    """Move the tracks that waited for verdicts; an approval that one voids is void at once.

    So many queries for all of them. LeaseLost, and nothing done, where an item is another's.
    """
    told = [item.payload["run"] for item in items]
    runs = list(EvalRun.objects.select_related("verdict").filter(pk__in=told))
    settle_all(runs)
    for review in Review.objects.filter(revision__in={run.revision_id for run in runs}):
        void_stale(review)
    if work.finish_all(items):
        raise work.LeaseLost(", ".join(map(str, items)))
