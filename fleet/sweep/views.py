"""Sweeps: the list, what one would measure, starting it, its report."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from evals.models import Sweep
from fleet.sweep import page
from fleet.sweep.actions import NothingLive, start_sweep
from fleet.sweep.plan import Plan, plan_base, plan_library, plan_model, plan_policy
from registry.models import BaseVersion, ModelTarget, PolicyVersion
from registry.request import Request
from registry.roles import require


@require_safe
def sweep_list(request: Request) -> HttpResponse:
    """What was measured across the fleet, and why?"""
    return render(request, "sweep/list.html", page.list_context(request))


@require_safe
def sweep_detail(request: Request, pk: UUID) -> HttpResponse:
    """How far is it, who regressed, and what moved since the last time?"""
    sweep = get_object_or_404(Sweep.objects.select_related("started_by"), pk=pk)
    return render(request, "sweep/detail.html", page.context(request, sweep))


@require_http_methods(["GET", "HEAD", "POST"])
def sweep_new(request: Request) -> HttpResponse:
    """Whom would it measure, why, at what cost? POST starts it."""
    require(request.user, "run_evals")
    plan = _plan(request)
    if request.method != "POST":
        return render(request, "sweep/new.html", page.plan_context(plan))
    try:
        sweep, fresh = start_sweep(plan, by=request.user)
    except NothingLive as why:
        context = page.plan_context(plan) | {"problem": str(why)}
        return render(request, "sweep/new.html", context, status=409)
    said = "It runs. This page shows how far it is." if fresh else "This was measured already."
    messages.success(request, said)
    return redirect(sweep)


def _plan(request: Request) -> Plan:
    """The plan that the address names: `?base=`, `?policy=`, `?model=`, or the library."""
    asked = request.GET
    if "base" in asked:
        return plan_base(get_object_or_404(BaseVersion, pk=_key(asked["base"])))
    if "policy" in asked:
        return plan_policy(get_object_or_404(PolicyVersion, pk=_key(asked["policy"])))
    if "model" in asked:
        return plan_model(get_object_or_404(ModelTarget, pk=_key(asked["model"])))
    return plan_library(timezone.localdate().replace(day=1))


def _key(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("There is nothing with this id.")
    return int(text)
