"""Releases of a variant, and rolling it back."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from fleet.campaign.actions import roll_back_variant
from fleet.release.actions import CannotRollBack
from fleet.release.page import history
from fleet.review.actions import Blocked
from registry.models import Revision, Variant
from registry.request import Request
from registry.transitions import IllegalMove


def variant_releases(request: Request, pk: int) -> HttpResponse:
    """What took traffic in this variant, when and why?"""
    return _page(request, _variant(request, pk))


@require_POST
def variant_roll_back(request: Request, pk: int) -> HttpResponse:
    """Serve an earlier revision again, at once."""
    variant = _variant(request, pk)
    goal = _goal(variant, request.POST.get("to", ""))
    why = request.POST.get("why", "")
    try:
        release = roll_back_variant(variant, to=goal, by=request.user, reason=why)
    except (CannotRollBack, Blocked, IllegalMove) as problem:
        return _page(request, variant, problem=str(problem), why=why, goal=goal)
    note = format_html(
        '{} serves revision {} again. <a href="{}">Its releases</a>', variant.tenant_name,
        release.revision.number, reverse("variant-releases", args=[variant.pk]),
    )  # fmt: skip
    messages.success(request, note)
    return redirect(variant)


def _variant(request: Request, pk: int) -> Variant:
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    return get_object_or_404(found, pk=pk)


def _goal(variant: Variant, to: str) -> Revision | None:
    """The revision asked for; None means what was live before."""
    if not to:
        return None
    try:
        return get_object_or_404(variant.revisions, pk=uuid.UUID(to))
    except ValueError:
        raise Http404("No revision has this id.") from None


def _page(
    request: Request,
    variant: Variant,
    *,
    problem: str = "",
    why: str = "",
    goal: Revision | None = None,
) -> HttpResponse:
    context = {
        "variant": variant, "history": history(variant, request.GET.get("page")),
        "problem": problem, "why": why, "goal": goal,
    }  # fmt: skip
    template = "release/variant/releases.html"
    return render(request, template, context, status=409 if problem else 200)
