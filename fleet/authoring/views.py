"""A variant's page, and the form for its overlay."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from evals.actions import NothingToMeasure
from fleet.authoring.actions import NothingToSubmit, submit_overlay
from fleet.authoring.asking import for_writers, visible_variant
from fleet.authoring.conflict import conflict_page
from fleet.authoring.form import open_draft, typed_values
from fleet.authoring.overlay import OverlayPage, opened_page, posted_edition, typed_page
from fleet.authoring.page import VariantPage
from fleet.authoring.presence import who_else
from fleet.release.page import stages_context
from fleet.review.actions import AlreadyDecided, Blocked
from registry import tokens
from registry.actions import DraftConflict, NothingToFreeze, save_draft
from registry.border import UnusableText
from registry.compose import ComposeError
from registry.models import Variant
from registry.request import Request
from registry.transitions import IllegalMove

REFUSALS = (
    AlreadyDecided, IllegalMove, UnusableText, ComposeError, NothingToMeasure, NothingToFreeze,
    NothingToSubmit,
)  # fmt: skip
"""What an action may answer instead of acting, besides Blocked and DraftConflict."""


def variant_detail(request: Request, pk: int) -> HttpResponse:
    """What is live for this customer, and how did it come to be?"""
    page = VariantPage(visible_variant(request, pk), request.GET.get("events"))
    stages = stages_context(page.variant, None, request.user)
    context = {"page": page, "variant": page.variant, **stages}
    return render(request, "authoring/variant/detail.html", context)


@for_writers
def overlay_edit(request: Request, variant: Variant) -> HttpResponse:
    """What may I change, is it allowed, what will change? POST saves the draft."""
    if request.method == "POST":
        return _attempt(request, variant, lambda: _save(request, variant))
    page = opened_page(variant, request.GET.get("tab", ""), request.GET.get("slot", ""))
    page.rationale = request.session.pop(f"why:{variant.pk}", "")
    tokens.warm(page.target.snapshot)
    return _form(request, page)


@require_POST
@for_writers
def overlay_check(request: Request, variant: Variant) -> HttpResponse:
    """The right side of the form for what is typed now, and the findings at each field."""
    page = typed_page(variant, request.POST.dict(), typed_values(request.POST))
    context = {"page": page, "variant": variant, "oob": True}
    return render(request, "authoring/overlay/_check.html", context)


@require_POST
@for_writers
def overlay_submit(request: Request, variant: Variant) -> HttpResponse:
    """Ask for a review of what is typed."""
    return _attempt(request, variant, lambda: _submit(request, variant))


def _save(request: Request, variant: Variant) -> HttpResponse:
    values, edition = typed_values(request.POST), posted_edition(request.POST.dict())
    save_draft(variant, values, edition=edition, by=request.user)
    messages.success(request, "Draft saved. Nothing that is live changed.")
    tab = request.POST.get("tab", "")
    query = f"?tab={tab}" if tab.isalpha() and tab.isascii() else ""
    return redirect(reverse("overlay-edit", args=[variant.pk]) + query)


def _submit(request: Request, variant: Variant) -> HttpResponse:
    review = submit_overlay(
        variant, typed_values(request.POST), request.POST.get("rationale", ""), request.user,
        edition=posted_edition(request.POST.dict()), opened_on=request.POST.get("opened_on", ""),
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
        page = conflict_page(variant, conflict.theirs, request.POST.dict())
        context = {"page": page, "variant": variant}
        return render(request, "authoring/overlay/merge.html", context, status=409)
    except Blocked as blocked:
        problems = tuple((reason.text, reason.remedy) for reason in blocked.reasons)
        return _refused(request, variant, problems, 422)
    except REFUSALS as refusal:
        return _refused(request, variant, ((str(refusal), ""),), 409)


def _refused(
    request: Request, variant: Variant, problems: tuple[tuple[str, str], ...], status: int
) -> HttpResponse:
    page = typed_page(variant, request.POST.dict(), typed_values(request.POST))
    page.draft, page.problems = open_draft(variant), problems
    page.rationale = request.POST.get("rationale", "")
    return _form(request, page, status)


def _form(request: Request, page: OverlayPage, status: int = 200) -> HttpResponse:
    context = {
        "page": page, "variant": page.variant, "others": who_else(page.variant, request.user),
    }  # fmt: skip
    return render(request, "authoring/overlay/edit.html", context, status=status)
