"""What the pages of bulk acts say."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from fleet.bulk.handlers import HANDLERS
from fleet.bulk.models import BulkAct, RowState
from fleet.bulk.rows import PAGE_ROWS, acts_of, filtered, progress_of, reasons, rows_of
from registry.models import User, Variant

LIST_ROWS = 50

GROUNDS = {
    "campaign": ("campaign-board", "Its board"),
    "policy_version": ("policy-version", "The policy version"),
    "base_version": ("base-version", "The base version"),
    "experiment": ("experiment-detail", "The experiment"),
    "after": ("bulk-detail", "The act before it"),
}
"""Key of `about` -> the page of what the act is about, and how it is called."""


def list_context(request: HttpRequest) -> dict[str, Any]:
    """A page of the acts, each with its counts of the rows the person may see."""
    user: User = request.user  # type: ignore[assignment]
    mine = Q(rows__variant__in=Variant.objects.visible_to(user))
    counts = {state.value: Count("rows", filter=mine & Q(rows__state=state)) for state in RowState}
    total = Count("rows", filter=mine)
    pages = Paginator(acts_of(user), LIST_ROWS)
    page = pages.get_page(request.GET.get("page"))
    shown = BulkAct.objects.filter(pk__in=[act.pk for act in page])
    counted = shown.select_related("by").annotate(total=total, **counts).order_by("-at")
    return {"page": page, "acts": counted}


def context(request: HttpRequest, act: BulkAct) -> dict[str, Any]:
    """Progress, why rows were left, and a page of the rows as filtered by the address."""
    user: User = request.user  # type: ignore[assignment]
    rows = rows_of(act, user)
    progress = progress_of(act, rows)
    shown = Paginator(filtered(rows, request), PAGE_ROWS)
    return {
        "act": act,
        "progress": progress,
        "reasons": reasons(rows) if progress.left else [],
        "grounds": _grounds(act),
        "page": shown.get_page(request.GET.get("page")),
        "q": request.GET.get("q", "").strip(),
        "filters": [_show(request)],
        "count": f"{shown.count:,} variant{'' if shown.count == 1 else 's'}",
        "tiles": _tiles(request, progress),
        "may_try_again": bool(progress.left)
        and not progress.running
        and act.kind in HANDLERS
        and user.has_perm(f"registry.{HANDLERS[act.kind].capability}"),
        "address": _address(request),
        "seen": _seen(act, progress),
    }


def _grounds(act: BulkAct) -> list[tuple[str, str]]:
    """Name and address of what the act is about."""
    return [
        (words, reverse(name, args=[act.about[key]]))
        for key, (name, words) in GROUNDS.items()
        if key in act.about
    ]


def _show(request: HttpRequest) -> dict[str, Any]:
    options = [(state.value, state.label) for state in RowState]
    return {
        "name": "show", "label": "State", "value": request.GET.get("show", ""), "options": options,
    }  # fmt: skip


def _tiles(request: HttpRequest, progress: Any) -> list[dict[str, Any]]:
    chosen = request.GET.get("show", "")
    found = []
    for state, number in (
        (RowState.DONE, progress.done), (RowState.LEFT, progress.left),
        (RowState.WAITING, progress.waiting),
    ):  # fmt: skip
        query = request.GET.copy()
        for name in ("page", "seen", "show"):
            query.pop(name, None)
        if state != chosen:
            query["show"] = state.value
        url = reverse("bulk-detail", args=[request.resolver_match.kwargs["pk"]])  # type: ignore[union-attr]
        found.append({
            "state": state, "number": number, "chosen": state == chosen,
            "url": f"{url}?{query.urlencode()}" if query else url,
        })  # fmt: skip
    return found


def _address(request: HttpRequest) -> str:
    """The filters as a query string, without what the polling adds."""
    query = request.GET.copy()
    query.pop("seen", None)
    return query.urlencode()


def _seen(act: BulkAct, progress: Any) -> str:
    """Changes whenever the fragment would read differently."""
    said = (act.stage, progress.done, progress.left, progress.total)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
