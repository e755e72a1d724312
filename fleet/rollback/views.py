"""Roll back a whole migration, policy or base: look first, then one act with progress."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from fleet.bulk.actions import CannotStart
from fleet.campaign.lists import campaigns_of
from fleet.rollback.subject import Subject, base_subject, campaign_subject, policy_subject
from registry.border import UnusableText
from registry.models import BaseVersion, PolicyVersion
from registry.request import Request
from registry.roles import NotAllowed

PAGE_ROWS = 100


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_roll_back(request: Request, pk: UUID) -> HttpResponse:
    """What would go back if this whole migration were undone? POST does it."""
    return _page(request, campaign_subject(get_object_or_404(campaigns_of(request.user), pk=pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def policy_version_roll_back(request: Request, pk: int) -> HttpResponse:
    """What would go back if nobody stood on this policy any more? POST does it."""
    found = PolicyVersion.objects.select_related("policy__prompt").defer("text", "rules")
    return _page(request, policy_subject(get_object_or_404(found, pk=pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def base_version_roll_back(request: Request, pk: int) -> HttpResponse:
    """What would go back if nobody stood on this base any more? POST does it."""
    found = BaseVersion.objects.select_related("base__prompt").defer("text", "slots", "variables")
    return _page(request, base_subject(get_object_or_404(found, pk=pk)))


def _page(request: Request, subject: Subject) -> HttpResponse:
    if not request.user.has_perm("registry.roll_back"):
        raise NotAllowed("You may not roll variants back. Ask an operator for a role that may.")
    if request.method == "POST":
        return _do(request, subject)
    return _show(request, subject)


def _do(request: Request, subject: Subject) -> HttpResponse:
    """Begin, unless the fleet is no longer what the person saw."""
    plan, why = subject.plan(request.user), request.POST.get("why", "")
    if request.POST.get("seen") != plan.seen:
        moved = (
            "Somebody changed what is live since you looked. Look at the list again, then go on."
        )
        return _show(request, subject, problem=moved, why=why, status=409)
    try:
        act = subject.undo(plan, request.user, why)
    except (CannotStart, UnusableText) as problem:
        return _show(request, subject, problem=str(problem), why=why, status=422)
    messages.success(request, "The rollback has begun. This page shows how far it is.")
    return redirect(act)


def _show(
    request: Request, subject: Subject, *, problem: str = "", why: str = "", status: int = 200
) -> HttpResponse:
    plan = subject.plan(request.user)
    page = Paginator(plan.going, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "subject": subject, "plan": plan, "page": page, "problem": problem, "why": why,
        "staying": plan.staying[:PAGE_ROWS], "hidden": len(plan.staying) - PAGE_ROWS,
    }  # fmt: skip
    return render(request, "rollback/preview.html", context, status=status)
