"""The support load of a variant before and after a cutover."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q, Sum
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.feedback.models import Feedback, FeedbackKind
from fleet.feedback.rates import Comparison, Span, compare_spans
from registry.models import Variant

DAYS = 28
"""How far a comparison looks to either side: four whole weeks, so that weekdays weigh the same."""


def compare(variant: Variant, cutover_at: dt.datetime, days: int = DAYS) -> Comparison:
    """What came in `days` before and after a cutover; as far as that time is over, per week.

    Before counts from when the product knew the variant: what nobody could write down is not 0.
    """
    now, span = timezone.now(), dt.timedelta(days=days)
    start = max(cutover_at - span, min(variant.created_at, cutover_at))
    end = min(cutover_at + span, now)
    return compare_spans(
        _span(variant, start, cutover_at), _span(variant, cutover_at, max(end, cutover_at))
    )


def _span(variant: Variant, start: dt.datetime, end: dt.datetime) -> Span:
    """What happened from `start` until just before `end`."""
    found = Feedback.objects.filter(variant=variant, happened_at__gte=start, happened_at__lt=end)
    counted = found.order_by().aggregate(
        count=Count("pk"), complaints=Count("pk", filter=Q(kind=FeedbackKind.COMPLAINT)),
        minutes=Sum("minutes"),
    )  # fmt: skip
    days = (end - start) / dt.timedelta(days=1)
    return Span(days, counted["count"], counted["complaints"], counted["minutes"] or 0)


def complaints_since(track: Track) -> int:
    """Complaints about the track's variant since its cutover; 0 before it."""
    if track.cut_over_at is None:
        return 0
    return Feedback.objects.filter(
        variant=track.variant_id, kind=FeedbackKind.COMPLAINT, happened_at__gte=track.cut_over_at
    ).count()
