"""Pages of one fork: its values, whose it is, and whether composing gives it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from fleet.adoption import deciding
from fleet.adoption.fork_page import ForkPage, typed_values
from fleet.adoption.models import ForkChoice, ForkFile
from fleet.adoption.views import adopters_only
from registry.border import UnusableText
from registry.models import Tenant
from registry.request import Request
from registry.transitions import IllegalMove
from registry.unfork.reshape import CannotReshape


@require_http_methods(["GET", "HEAD", "POST"])
@adopters_only
def fork_detail(request: Request, pk: int) -> HttpResponse:
    """Does composing give this fork back, and what would differ? POST saves its values."""
    file = _file(pk)
    if request.method != "POST":
        return _render(request, ForkPage(file))
    typed = typed_values(request.POST)
    try:
        file = deciding.adjust_fork(file, typed, by=request.user)
    except (IllegalMove, UnusableText) as why:
        return _render(request, ForkPage(_file(pk), typed), str(why), 409)
    said = "it composes to the exact text" if file.is_exact else "it would still differ"
    messages.success(request, f"Saved: {said}.")
    return redirect(file)


@require_POST
@adopters_only
def fork_check(request: Request, pk: int) -> HttpResponse:
    """What the values typed now would give, against the original."""
    page = ForkPage(_file(pk), typed_values(request.POST))
    return render(request, "adoption/fork/_proof.html", {"page": page, "file": page.file})


@require_POST
@adopters_only
def fork_owner(request: Request, pk: int) -> HttpResponse:
    """Say whose fork it is."""
    file = _file(pk)
    try:
        file = deciding.choose_owner(file, request.POST.get("slug", ""), by=request.user)
    except IllegalMove as why:
        return _render(request, ForkPage(_file(pk)), str(why), 409)
    except CannotReshape as why:
        return _render(request, ForkPage(_file(pk)), str(why), 422)
    known = "" if file.tenant_id else ", a new tenant"
    messages.success(request, f"{file.name} belongs to {file.slug}{known}.")
    return redirect(file)


@require_POST
@adopters_only
def fork_decide(request: Request, pk: int) -> HttpResponse:
    """Accept or leave this fork."""
    file, asked = _file(pk), request.POST.get("choice", "")
    if asked in ForkChoice.values:
        try:
            deciding.decide(file.unforking, [file.pk], ForkChoice(asked), by=request.user)
        except IllegalMove as why:
            return _render(request, ForkPage(_file(pk)), str(why), 409)
    return redirect(file)


def _file(pk: int) -> ForkFile:
    files = ForkFile.objects.select_related("unforking__prompt", "unforking__target", "tenant")
    return get_object_or_404(files, pk=pk)


def _render(request: Request, page: ForkPage, problem: str = "", status: int = 200) -> HttpResponse:
    files = ForkFile.objects.filter(unforking=page.unforking).order_by("is_exact", "name")
    pks = list(files.values_list("pk", flat=True))
    at = pks.index(page.file.pk)
    context = {
        "page": page, "file": page.file, "unforking": page.unforking, "problem": problem,
        "slugs": Tenant.objects.values_list("slug", "name"), "number": at + 1, "count": len(pks),
        "before": pks[at - 1] if at else None, "after": pks[at + 1] if at + 1 < len(pks) else None,
    }  # fmt: skip
    return render(request, "adoption/fork/detail.html", context, status=status)
