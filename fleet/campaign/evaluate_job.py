"""What a worker does where tracks wait for their evaluation to begin."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress

from django.db import transaction

from fleet.campaign.actions import EVALUATE_KIND, start_evaluations
from registry import work
from registry.models import WorkItem

log = logging.getLogger(__name__)

TOGETHER = 10
"""Tracks begun in one transaction: the queries are nearly the same for one and for ten, and the
first of them has its first answer a fifth of a second later than if it had come alone."""


def evaluate_tracks(item: WorkItem) -> None:
    """Start a track's re-evaluation, and with it those of others that wait for theirs.

    Should it fail, each is begun by itself: one track never stops another.
    """
    others = [] if work.was_tried(item) else work.claim_untried(EVALUATE_KIND, TOGETHER - 1)
    try:
        _begin([item, *others])
    except Exception:
        if not others:
            raise
        log.exception("%s tracks could not be begun together.", 1 + len(others))
        for other in others:
            with suppress(work.LeaseLost):
                work.give_back(other, tried=True)
        work.ring([other.pk for other in others], EVALUATE_KIND)
        _begin([item])


@transaction.atomic
def _begin(items: Sequence[WorkItem]) -> None:
    start_evaluations([item.payload["track"] for item in items])
    if work.finish_all(items):
        raise work.LeaseLost(", ".join(map(str, items)))
