"""What the list of feedback shows."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum

from fleet.feedback.models import Feedback, FeedbackKind
from fleet.feedback.panel import PILLS
from registry.models import User, Variant
from registry.request import Request

PAGE_ROWS = 50

LONGEST_ID = 18
"""Digits that surely fit a bigint."""


def feedback_of(user: User) -> QuerySet[Feedback]:
    """Feedback about variants that this person may see."""
    mine = Feedback.objects.filter(variant__in=Variant.objects.visible_to(user))
    return mine.select_related("variant__tenant", "variant__prompt", "by", "track")


def list_context(request: Request) -> dict[str, Any]:
    """Feedback, newest first, as filtered by the address, with what it comes to."""
    mine, asked = feedback_of(request.user), request.GET
    found = mine
    if asked.get("kind") in FeedbackKind.values:
        found = found.filter(kind=asked["kind"])
    variant = _variant(request.user, asked.get("variant", ""))
    if variant is not None:
        found = found.filter(variant=variant)
    q = asked.get("q", "").strip()[:200]
    if q:
        named = Q(variant__tenant__name__icontains=q) | Q(words__icontains=q)
        found = found.filter(named | Q(reference__icontains=q))
    totals = found.order_by().aggregate(
        count=Count("pk"), complaints=Count("pk", filter=Q(kind="complaint")),
        minutes=Sum("minutes"),
    )  # fmt: skip
    page = Paginator(found.order_by("-happened_at", "-pk"), PAGE_ROWS).get_page(asked.get("page"))
    return {
        "page": page, "rows": [(one, PILLS[one.kind]) for one in page], "q": q,
        "variant": variant, "any": bool(totals["count"]) or mine.exists(),
        "count": f"{totals['count']} in all, {totals['complaints']} of them complaints, "
        f"{(totals['minutes'] or 0) / 60:.1f} hours",
        "keep": [("variant", str(variant.pk) if variant else "")],
        "filters": [
            {"name": "kind", "label": "Kind", "value": asked.get("kind", ""),
             "options": FeedbackKind.choices},
        ],
    }  # fmt: skip


def _variant(user: User, pk: str) -> Variant | None:
    if not (pk.isascii() and pk.isdigit() and len(pk) <= LONGEST_ID):
        return None
    found = Variant.objects.visible_to(user).select_related("tenant", "prompt")
    return found.filter(pk=int(pk)).first()
