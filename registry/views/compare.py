"""Two texts side by side, and what to choose for either side."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from registry.leaving_out import slot_sizes
from registry.request import Request
from registry.views.comparison import VIEWS, find_comparison
from registry.views.picker import asked_of, search, suggestions
from registry.views.rows import visible_revisions
from registry.views.sides import absolute_side, layers_of

VIEW_COOKIE = "diff_view"
YEAR = 365 * 24 * 3600


def compare(request: Request) -> HttpResponse:
    """What is different?"""
    comparison = find_comparison(request.user, request.GET, request.COOKIES.get(VIEW_COOKIE, ""))
    context = {"comparison": comparison, "views": VIEWS}
    page = render(request, "registry/compare.html", context)
    if comparison and request.GET.get("view") == comparison.view:
        page.set_cookie(VIEW_COOKIE, comparison.view, max_age=YEAR, samesite="Lax", httponly=True)
    return page


def compare_find(request: Request) -> HttpResponse:
    """What may this side become?"""
    asked, q = asked_of(request.user, request.GET), request.GET.get("q", "").strip()
    beside = absolute_side(request.user, asked.other)
    groups = search(asked, q, beside) if q else suggestions(asked, beside)
    return render(request, "registry/_compare_found.html", {"groups": groups, "q": q})


def compare_slot(request: Request, pk: uuid.UUID) -> HttpResponse:
    """What does each slot alone do to the whole?"""
    revision = get_object_or_404(visible_revisions(request.user), pk=pk)
    layers = layers_of(revision)
    context = {
        "revision": revision, "variant": revision.variant, "sizes": slot_sizes(layers),
        "characters": len(revision.text),
    }  # fmt: skip
    return render(request, "registry/compare_slot.html", context)
