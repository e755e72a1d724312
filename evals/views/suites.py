"""Pages of the suites: the list, one suite, one version, a new one, switched on or off."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals.models import Suite
from evals.suites import UnusableSuite, find_suite, switch_suite, visible_suites
from evals.views import suites_list
from evals.views.suites_cases import VersionPage
from evals.views.suites_new import NewSuite
from registry.request import Request


@require_safe
def suite_list(request: Request) -> HttpResponse:
    """Which suites are there, and when did each run last?"""
    return render(request, "evals/suite/list.html", suites_list.list_context(request))


@require_safe
def suite_detail(request: Request, pk: int) -> HttpResponse:
    """What does this suite ask? Its newest version."""
    suite = suite_of(request, pk)
    head = suite.versions.select_related("author").first()
    return _shown(request, VersionPage(suite, head, request.user, request.GET.dict()))


@require_safe
def suite_version(request: Request, pk: int, number: int) -> HttpResponse:
    """What did this version ask, and what did it change?"""
    suite = suite_of(request, pk)
    if number >= 2**31:
        raise Http404
    version = get_object_or_404(suite.versions.select_related("author"), number=number)
    return _shown(request, VersionPage(suite, version, request.user, request.GET.dict()))


def suite_new(request: Request) -> HttpResponse:
    """Begin a suite: whom does it measure?"""
    if request.method != "POST":
        form = NewSuite(request.user, request.GET.dict())
        return render(request, "evals/suite/new.html", {"form": form})
    form = NewSuite(request.user, request.POST.dict())
    try:
        suite = find_suite(**form.wanted(), by=request.user)
    except UnusableSuite as problem:
        context = {"form": form, "problem": str(problem)}
        return render(request, "evals/suite/new.html", context, status=422)
    return redirect("suite-edit", suite.pk)


@require_POST
def suite_switch(request: Request, pk: int) -> HttpResponse:
    """Let a suite measure nobody any more, or again."""
    suite = suite_of(request, pk)
    on = request.POST.get("active") == "1"
    switch_suite(suite, active=on, by=request.user, why=request.POST.get("why", ""))
    said = "measures again, from the next run on" if on else "measures nobody any more"
    messages.success(request, f"“{suite.name}” {said}.")
    return redirect(suite)


def suite_of(request: Request, pk: int) -> Suite:
    """The suite, for whoever may see it; else 404."""
    found = visible_suites(request.user).select_related("prompt", "tenant", "policy")
    return get_object_or_404(found, pk=pk)


def _shown(request: Request, page: VersionPage) -> HttpResponse:
    context = {"page": page, "suite": page.suite, "version": page.version}
    return render(request, "evals/suite/detail.html", context)
