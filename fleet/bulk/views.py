"""Bulk acts: the list, one with its progress, and trying again what was left."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.bulk import page, rows
from fleet.bulk.actions import CannotStart, start_again
from fleet.bulk.models import BulkAct
from fleet.spreadsheet import download
from registry.border import UnusableText
from registry.request import Request


@require_safe
def bulk_list(request: Request) -> HttpResponse:
    """What was done to many variants at once?"""
    return render(request, "bulk/list.html", page.list_context(request))


@require_safe
def bulk_detail(request: Request, pk: UUID) -> HttpResponse:
    """How far is it, and what was left as it is?"""
    return render(request, "bulk/detail.html", page.context(request, _act(request, pk)))


@require_safe
def bulk_progress(request: Request, pk: UUID) -> HttpResponse:
    """The polled fragment; 204 while nothing reads differently from what the page has seen."""
    context = page.context(request, _act(request, pk))
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "bulk/_moving.html", context | {"polled": True})


@require_safe
def bulk_export(request: Request, pk: UUID) -> HttpResponseBase:
    """The filtered rows for a spreadsheet."""
    found = rows.filtered(rows.rows_of(_act(request, pk), request.user), request)
    return download(f"bulk-act-{str(pk)[:8]}.csv", rows.as_csv(found))


@require_POST
def bulk_again(request: Request, pk: UUID) -> HttpResponse:
    """Try again what was left."""
    act = _act(request, pk)
    try:
        again = start_again(act, by=request.user, reason=request.POST.get("why", ""))
    except (CannotStart, UnusableText) as why:
        context = page.context(request, _act(request, pk)) | {"problem": str(why)}
        return render(request, "bulk/detail.html", context, status=409)
    messages.success(request, "What was left is tried again. This page shows how far it is.")
    return redirect(again)


def _act(request: Request, pk: UUID) -> BulkAct:
    return get_object_or_404(rows.acts_of(request.user), pk=pk)
