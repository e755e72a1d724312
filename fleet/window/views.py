"""Pages of the hours in which customers may be cut over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.window import page
from fleet.window.actions import (
    UnusableWindow,
    add_blackout,
    capability_for,
    remove_blackout,
    set_window,
    use_usual,
)
from fleet.window.calendar import calendars
from fleet.window.forms import BlackoutForm, WindowForm
from fleet.window.models import Blackout
from registry.models import Tenant
from registry.request import Request
from registry.roles import require


@require_safe
def window_list(request: Request) -> HttpResponse:
    """When may which customer be cut over?"""
    context = page.list_context(request.user, request.GET.dict())
    return render(request, "window/list.html", context | {"form": BlackoutForm()})


@require_http_methods(["GET", "HEAD", "POST"])
def window_edit(request: Request, pk: int) -> HttpResponse:
    """One customer's hours and blackout days."""
    tenant = _tenant(request, pk)
    if request.method != "POST":
        return render(request, "window/edit.html", page.context(tenant, request.user))
    require(request.user, capability_for(request.user, tenant), tenant)
    form = WindowForm(request.POST)
    if form.is_valid():
        try:
            set_window(tenant, **form.cleaned_data, by=request.user)
        except UnusableWindow as why:
            form.add_error("zone", str(why))
        else:
            messages.success(request, f"The hours of {tenant} are saved.")
            return redirect("window-edit", pk)
    context = page.context(tenant, request.user, form=form)
    return render(request, "window/edit.html", context, status=422)


@require_safe
def window_preview(request: Request, pk: int) -> HttpResponse:
    """The next openings of what is typed, before it is saved."""
    tenant = _tenant(request, pk)
    form = WindowForm(request.GET)
    if not form.is_valid():
        said = " ".join(str(message) for errors in form.errors.values() for message in errors)
        return render(request, "window/_preview.html", {"zone_problem": said})
    blackouts = calendars([(tenant.pk, "UTC")])[tenant.pk].blackouts
    zone = form.cleaned_data["zone"]
    return render(
        request, "window/_preview.html", page.preview(form.hours, zone, blackouts, request.user)
    )


@require_POST
def window_usual(request: Request, pk: int) -> HttpResponse:
    """Back to the usual hours."""
    tenant = _tenant(request, pk)
    use_usual(tenant, by=request.user)
    messages.success(request, f"{tenant} has the usual hours again.")
    return redirect("window-edit", pk)


@require_POST
def blackout_add(request: Request, pk: int) -> HttpResponse:
    """Days on which nothing of one customer moves."""
    tenant = _tenant(request, pk)
    form = BlackoutForm(request.POST)
    if _added(request, tenant, form):
        return redirect("window-edit", pk)
    context = page.context(tenant, request.user, blackout=form)
    return render(request, "window/edit.html", context, status=422)


@require_POST
def blackout_everybody(request: Request) -> HttpResponse:
    """Days on which nothing moves at all."""
    form = BlackoutForm(request.POST)
    if _added(request, None, form):
        return redirect("window-list")
    context = page.list_context(request.user, {}) | {"form": form}
    return render(request, "window/list.html", context, status=422)


@require_POST
def blackout_remove(request: Request, pk: int) -> HttpResponse:
    """Free the days again."""
    seen = Blackout.objects.select_related("tenant")
    if request.user.sees_own_tenants_only:
        seen = seen.filter(tenant__in=request.user.own_tenant_ids)
    blackout = get_object_or_404(seen, pk=pk)
    tenant = blackout.tenant_id
    remove_blackout(blackout, by=request.user)
    messages.success(request, "The days are free again.")
    return redirect("window-edit", tenant) if tenant else redirect("window-list")


def _added(request: Request, tenant: Tenant | None, form: BlackoutForm) -> bool:
    """Whether the typed days were stored; else the form says why not."""
    require(request.user, capability_for(request.user, tenant), tenant)
    if not form.is_valid():
        return False
    try:
        add_blackout(tenant, **form.cleaned_data, by=request.user)
    except UnusableWindow as why:
        form.add_error(None, str(why))
        return False
    messages.success(request, "Nothing is cut over on these days.")
    return True


def _tenant(request: Request, pk: int) -> Tenant:
    return get_object_or_404(page.tenants_of(request.user), pk=pk)
