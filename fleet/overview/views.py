"""Home, jump palette and models."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html

from fleet.overview.forms import RetirementForm
from fleet.overview.jump import find
from fleet.overview.page import home_page
from fleet.overview.revenue import load_revenue
from fleet.overview.targets import target_lines
from registry.actions import UnusableDate, announce_retirement
from registry.days import day
from registry.models import ModelTarget
from registry.request import Request
from registry.roles import require


def home(request: Request) -> HttpResponse:
    """What needs me, and is the fleet well? A change of filter gets the table alone."""
    page = home_page(request.user, request.GET, table_only=request.htmx.target == "fleet")
    template = "overview/_filtered.html" if page.table_only else "overview/home.html"
    return render(request, template, {"home": page})


def jump(request: Request) -> HttpResponse:
    """The rows of the jump palette for what was typed."""
    q = request.GET.get("q", "")
    context = {"results": find(request.user, q), "q": q}
    return render(request, "_parts/_jump_results.html", context)


def model_list(request: Request) -> HttpResponse:
    """Which models there are, how long each has left, and what hangs on it."""
    lines = target_lines(request.user, load_revenue())
    return render(request, "overview/model/list.html", {"lines": lines})


def model_announce(request: Request, pk: int) -> HttpResponse:
    """Record when a provider retires a model."""
    require(request.user, "manage_models")
    target = get_object_or_404(ModelTarget, pk=pk)
    known = {"retires_on": target.retires_on, "source": target.retires_source}
    form = RetirementForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            target = announce_retirement(target, **form.cleaned_data, by=request.user)
        except UnusableDate as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _announced(request, target))
            return redirect("model-list")
    status = 422 if form.is_bound else 200
    context = {"form": form, "target": target}
    return render(request, "overview/model/announce.html", context, status=status)


def _announced(request: Request, target: ModelTarget) -> str:
    """What the toast says; whoever may plan the move is led there."""
    assert target.retires_on is not None  # it was announced just now
    note = f"{target} retires on {day(target.retires_on)}."
    if not request.user.has_perm("registry.run_campaign"):
        return note
    address = f"{reverse('campaign-open')}?source={target.pk}"
    return format_html('{} <a href="{}">Plan the move</a>', note, address)
