"""How the asking process gets work items into its hand."""

from __future__ import annotations

from collections.abc import Collection

from evals.actions.calls import CHUNK_KIND
from registry import work
from registry.models import WorkItem


def claim_next(number: int, *, without: Collection[str], first: bool) -> list[WorkItem]:
    """Claim chunks that are due, the oldest first, none of a provider in `without`.

    One that a worker had before is claimed by itself and `first`, while nothing else is in
    hand: it may be what ended that worker, and would end the others' chunks with it.
    """
    waiting = work.due(CHUNK_KIND)
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
