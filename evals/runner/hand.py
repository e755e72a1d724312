"""How the asking process gets work items into its hand."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils import timezone

from evals.actions.calls import CHUNK_KIND
from registry import work
from registry.models import WorkItem, WorkState


def claim_next(number: int, *, without: Collection[str], first: bool) -> list[WorkItem]:
    """Claim chunks that are due, the oldest first, none of a provider in `without`.

    One that a worker had before is claimed by itself and `first`, while nothing else is in
    hand: it may be what ended that worker, and would end the others' chunks with it.
    """
    waiting = due()
    for provider in without:
        waiting = waiting.exclude(payload__providers__contains=provider)
    fresh: list[int] = []
    for pk, attempts in waiting.order_by("pk").values_list("pk", "attempts")[:number]:
        if attempts:
            if first and not fresh:
                fresh = [pk]
            break
        fresh.append(pk)
    return work.claim_all(fresh)


def due() -> QuerySet[WorkItem]:
    """Chunks that wait and may be asked now."""
    now = timezone.now()
    return WorkItem.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        kind=CHUNK_KIND, state=WorkState.QUEUED,
    )  # fmt: skip


def was_tried(item: WorkItem) -> bool:
    """Whether a worker had this item before and did not come to its end."""
    return item.attempts > 1
