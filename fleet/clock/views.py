"""Models by hand and from lists: add one, change one, take a list over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods, require_POST

from fleet.clock import carrying
from fleet.clock.actions import UnusableTarget, add_target, change_target, import_models
from fleet.clock.comparing import compare
from fleet.clock.forms import FactsForm, ListForm, NewTargetForm
from fleet.clock.history import changes_of
from fleet.clock.reading import KINDS
from registry.models import ModelTarget
from registry.request import Request
from registry.roles import require

SHOWN = 200
"""Rows of each sort that a preview lists; the counts are of all."""

FEW = 50
"""So many new models are taken in unless somebody says no; a whole price list is not."""


@require_http_methods(["GET", "HEAD", "POST"])
def model_edit(request: Request, pk: int) -> HttpResponse:
    """What do we know of this model, since when and from where?"""
    target = get_object_or_404(ModelTarget, pk=pk)
    form = FactsForm.filled(target)
    if request.method == "POST":
        require(request.user, "manage_models")
        form = FactsForm(request.POST)
        if form.is_valid():
            try:
                change_target(target, **form.cleaned_data, by=request.user)
            except UnusableTarget as why:
                form.add_error(None, str(why))
            else:
                messages.success(request, f"{target} is saved.")
                return redirect("model-list")
    context = {"target": target, "form": form, "changes": changes_of(target)}
    return render(request, "clock/edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def model_new(request: Request) -> HttpResponse:
    """A model that is not there yet."""
    require(request.user, "manage_models")
    form = NewTargetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            target = add_target(**form.cleaned_data, by=request.user)
        except UnusableTarget as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, f"{target} is there: revisions can be pinned to it.")
            return redirect("model-list")
    return render(request, "clock/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def model_import(request: Request) -> HttpResponse:
    """Hand a list in and see what it would change."""
    require(request.user, "manage_models")
    if request.method != "POST":
        return _list_page(request, ListForm(), 200)
    form = ListForm(request.POST, request.FILES)
    reading = form.reading() if form.is_valid() else None
    if reading is None:
        return _list_page(request, form, 422)
    source = form.cleaned_data["source"].strip()
    found = compare(reading, source=source)
    return render(request, "clock/preview.html", {
        "kind": reading.kind, "name": form.cleaned_data["file"].name, "found": found,
        "shown": SHOWN, "few": len(found.new) <= FEW,
        "packed": carrying.pack(reading.kind, found, source),
    })  # fmt: skip


@require_POST
def model_import_apply(request: Request) -> HttpResponse:
    """Take over what the preview showed."""
    require(request.user, "manage_models")
    try:
        reading, source = carrying.unpack(request.POST.get("packed", ""))
        add_new = request.POST.get("add_new") == "1"
        added, changed, confirmed = import_models(
            reading, source=source, add_new=add_new, by=request.user
        )
    except (carrying.Stale, UnusableTarget) as why:
        form = ListForm()
        return _list_page(request, form, 422, problem=str(why))
    messages.success(
        request,
        f"{added} model{pluralize(added)} added, {changed} changed, "
        f"{confirmed} date{pluralize(confirmed)} confirmed.",
    )
    return redirect("model-list")


def _list_page(request: Request, form: ListForm, status: int, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"form": form, "kinds": KINDS, "problem": problem}
    return render(request, "clock/import.html", context, status=status)
