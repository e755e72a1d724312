"""Drop old changes: a caller that was away longer fetches everything again anyway."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from fleet.release.models import Change

KEEP = timedelta(days=7)
KEEP_ROWS = 100_000
"""Kept however old: half an hour of the scale fleet's busiest bulk acts, about 10 MB."""

BATCH = 10_000


def prune_changes(*, keep: timedelta = KEEP, keep_rows: int = KEEP_ROWS, batch: int = BATCH) -> int:
    """Delete changes that are older than `keep` and not among the last `keep_rows`; how many.

    From the oldest on and without a gap, so that “is this cursor still known” needs only the
    oldest one. In batches: each is a short transaction of its own.
    """
    cut = _cut(keep, keep_rows)
    deleted = 0
    while cut is not None:
        oldest = Change.objects.filter(cursor__lt=cut).order_by("cursor")
        last = oldest.values_list("cursor", flat=True)[:batch]
        count, _ = Change.objects.filter(cursor__in=list(last)).delete()
        deleted += count
        if count < batch:
            break
    return deleted


def _cut(keep: timedelta, keep_rows: int) -> int | None:
    """The first cursor that stays; None where all do."""
    newest_first = Change.objects.order_by("-cursor").values_list("cursor", flat=True)
    among_last = newest_first[keep_rows - 1 : keep_rows].first()
    if among_last is None:
        return None
    young = Change.objects.filter(at__gte=timezone.now() - keep).aggregate(first=Min("cursor"))
    return among_last if young["first"] is None else min(among_last, young["first"])
