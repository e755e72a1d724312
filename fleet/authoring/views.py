"""A variant's page, and the form for its overlay."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from evals.actions import NothingToMeasure
from fleet.authoring.actions import submit_overlay
from fleet.authoring.form import typed_values
from fleet.authoring.overlay import OverlayPage, conflict_with, overlay_page
from fleet.authoring.page import VariantPage
from fleet.review.actions import AlreadyDecided, Blocked
from registry.actions import DraftConflict, NothingToFreeze, discard_draft, save_draft
from registry.border import UnusableText
from registry.compose import ComposeError
from registry.lines import MissingLayer
from registry.models import Variant
from registry.request import Request
from registry.roles import require
from registry.transitions import IllegalMove

View = Callable[[Request, int], HttpResponse]

REFUSALS = (
    AlreadyDecided, IllegalMove, UnusableText, ComposeError, NothingToMeasure, NothingToFreeze,
)  # fmt: skip
"""What an action may answer instead of acting, besides Blocked and DraftConflict."""


def variant_detail(request: Request, pk: int) -> HttpResponse:
    """What is live for this customer, and how did it come to be?"""
    page = VariantPage(_variant(request, pk), request.GET.get("events"))
    return render(request, "authoring/variant/detail.html", {"page": page, "variant": page.variant})


def says_what_is_missing(view: View) -> View:
    """Where there can be no form, answer the page that says why instead."""

    @wraps(view)
    def answer(request: Request, pk: int) -> HttpResponse:
        problem = ""
        if _variant(request, pk).tenant is not None:
            try:
                return view(request, pk)
            except MissingLayer as missing:
                problem = str(missing)
        context = {"variant": _variant(request, pk), "problem": problem}
        status = 200 if request.method == "GET" else 409
        return render(request, "authoring/overlay/none.html", context, status=status)

    return answer


@says_what_is_missing
def overlay_edit(request: Request, pk: int) -> HttpResponse:
    """What may I change, is it allowed, what will change? POST saves the draft."""
    variant = _writable(request, pk)
    if request.method == "POST":
        return _attempt(request, variant, lambda: _save(request, variant))
    return _render(request, overlay_page(variant, request.GET.get("tab", "")))


@require_POST
@says_what_is_missing
def overlay_check(request: Request, pk: int) -> HttpResponse:
    """The right side of the form for what is typed now, and the findings at each field."""
    page = _typed_page(request, _writable(request, pk))
    return render(request, "authoring/overlay/_check.html", {"page": page, "variant": page.variant})


@require_POST
@says_what_is_missing
def overlay_submit(request: Request, pk: int) -> HttpResponse:
    """Ask for a review of what is typed."""
    variant = _writable(request, pk)
    return _attempt(request, variant, lambda: _submit(request, variant))


@require_POST
@says_what_is_missing
def overlay_discard(request: Request, pk: int) -> HttpResponse:
    """Throw the draft away."""
    variant = _writable(request, pk)
    discard_draft(variant, by=request.user)
    messages.success(request, "The draft is gone. What is live did not change.")
    return redirect(variant)


def _variant(request: Request, pk: int) -> Variant:
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    return get_object_or_404(found, pk=pk)


def _writable(request: Request, pk: int) -> Variant:
    variant = _variant(request, pk)
    require(request.user, "author_overlay", variant.tenant)
    return variant


def _edition(request: Request) -> int:
    """The draft's edition the form was opened with, or the one it is to be saved over."""
    asked = request.POST.get("over") or request.POST.get("edition") or "0"
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0


def _save(request: Request, variant: Variant) -> HttpResponse:
    values = typed_values(request.POST)
    save_draft(variant, values, edition=_edition(request), by=request.user)
    messages.success(request, "Draft saved. Nothing that is live changed.")
    tab = request.POST.get("tab", "")
    query = f"?tab={tab}" if tab.isalpha() else ""
    return redirect(reverse("overlay-edit", args=[variant.pk]) + query)


def _submit(request: Request, variant: Variant) -> HttpResponse:
    review = submit_overlay(
        variant, typed_values(request.POST), request.POST.get("rationale", ""), request.user,
        edition=_edition(request),
    )  # fmt: skip
    note = 'Revision {} is in review and being evaluated. <a href="{}">Back to {}</a>'
    where = (review.revision.number, variant.get_absolute_url(), variant.tenant_name)
    messages.success(request, format_html(note, *where))
    return redirect(review)


def _attempt(request: Request, variant: Variant, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Act, or show the form again with everything typed and what stood in the way."""
    try:
        return act()
    except DraftConflict as conflict:
        page = _typed_page(request, variant)
        page.conflict = conflict_with(conflict.theirs, page)
        return _render(request, page, status=409)
    except Blocked as blocked:
        page = _typed_page(request, variant)
        page.problems = tuple((reason.text, reason.remedy) for reason in blocked.reasons)
        return _render(request, page, status=422)
    except REFUSALS as refusal:
        page = _typed_page(request, variant)
        page.problems = ((str(refusal), ""),)
        return _render(request, page, status=409)


def _typed_page(request: Request, variant: Variant) -> OverlayPage:
    typed = typed_values(request.POST)
    page = overlay_page(variant, request.POST.get("tab", ""), typed, _edition(request))
    page.rationale = request.POST.get("rationale", "")
    return page


def _render(request: Request, page: OverlayPage, status: int = 200) -> HttpResponse:
    context = {"page": page, "variant": page.variant}
    return render(request, "authoring/overlay/edit.html", context, status=status)
