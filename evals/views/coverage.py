"""What does no case test yet? One tab a question, all of it from the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evals import coverage
from evals.gate_checks.power import FEWEST_CERTIFYING
from evals.gate_checks.slices import FEWEST_TESTED
from evals.views.suites_list import MOST_OPTIONS
from registry.models import Prompt, User
from registry.request import Request

PAGE = 50


@dataclass(frozen=True)
class Tab:
    """One question: its rows before paging, and what is looked up for those on the page."""

    key: str
    label: str
    rows: Callable[[User], QuerySet[Any]]
    look: Callable[[Sequence[Any], User], Sequence[Any]]
    noun: str = "suite"
    counted: bool = True


TABS = (
    Tab(
        "no-slice", "Customers without a slice", coverage.variants_without_slice,
        lambda rows, user: rows, "variant",
    ),
    Tab(
        "promises", "Wishes no case speaks of", coverage.overlay_lines,
        lambda rows, user: coverage.promises_of(rows), "overlay", counted=False,
    ),
    Tab(
        "steady", "Never or always fail", coverage.measuring_suites, coverage.steady_cases,
        counted=False,
    ),
    Tab(
        "small", "Too small to test alone", coverage.measuring_suites,
        lambda rows, user: coverage.sizes_of(rows), counted=False,
    ),
    Tab("stale", "Not run since they changed", coverage.never_run, lambda r, u: r),
)  # fmt: skip
"""The questions, in the order of their tabs."""


@require_safe
def coverage_page(request: Request) -> HttpResponse:
    """Which variants, wishes and slices nobody tests; which cases tell nothing."""
    asked = request.GET
    q = asked.get("q", "").replace("\x00", "").strip()[:200]
    options = list(Prompt.objects.order_by("slug").values_list("slug", "slug")[:MOST_OPTIONS])
    prompt = asked.get("prompt", "") if asked.get("prompt", "") in dict(options) else ""
    tab = next((one for one in TABS if one.key == asked.get("show")), TABS[0])
    page = Paginator(_narrowed(tab, request.user, q, prompt), PAGE).get_page(asked.get("page"))
    context = {
        "tabs": [(one, _count(one, request.user)) for one in TABS],
        "tab": tab,
        "rows": tab.look(list(page), request.user),
        "page": page,
        "q": q,
        "filters": [{"name": "prompt", "label": "Prompt", "value": prompt, "options": options}],
        "keep": [("show", tab.key if tab is not TABS[0] else "")],
        "count": _told(page.paginator.count, tab.noun),
        "fewest_tested": FEWEST_TESTED,
        "fewest_certifying": FEWEST_CERTIFYING,
        "fewest_answers": coverage.FEWEST_ANSWERS,
        "last_runs": coverage.LAST_RUNS,
        "whole": coverage.customer_variants(request.user).count() if tab is TABS[0] else 0,
    }
    return render(request, "evals/coverage/page.html", context)


def _told(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _narrowed(tab: Tab, user: User, q: str, prompt: str) -> QuerySet[Any]:
    found = tab.rows(user)
    if q:
        found = found.filter(Q(tenant__name__icontains=q) | Q(prompt__slug__icontains=q))
    return found.filter(prompt__slug=prompt) if prompt else found


def _count(tab: Tab, user: User) -> int | None:
    """How much there is, where one query can tell."""
    return tab.rows(user).count() if tab.counted else None
