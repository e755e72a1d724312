"""The page of overlays that have become the same, and what may be done about each."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from fleet.merging.page import MergingPage, most_said, prompts_of
from registry.actions import BaseDraftConflict
from registry.actions.merging import (
    CannotMerge,
    draft_into_base,
    draft_same,
    draft_without,
    merge_overlays,
    part_overlay,
)
from registry.border import UnusableText
from registry.models import Base, Overlay, OverlayVersion
from registry.request import Request

LONGEST_ID = 18
"""Digits of an id that PostgreSQL can hold for sure."""


@require_safe
def merging(request: Request) -> HttpResponse:
    """Which overlays say the same, and could be one?"""
    return _render(request, "merging/page.html", request.GET.get("prompt", ""))


@require_safe
def merging_found(request: Request) -> HttpResponse:
    """What was found, for a page that did not wait for it."""
    return _render(request, "merging/_found.html", request.GET.get("prompt", ""), eager=True)


@require_POST
def merging_merge(request: Request) -> HttpResponse:
    """Let the chosen lines of one tenant go on as its shared line."""
    lines, why = _lines(request), request.POST.get("why", "")

    def act() -> str:
        done = merge_overlays(lines, by=request.user, why=why)
        note = "{} overlay{} of {} merged. Nothing that is served changed."
        count = len(done.lines)
        return format_html(note, count, "s" * (count != 1), done.into.tenant.name)

    return _attempt(request, act)


@require_POST
def merging_part(request: Request) -> HttpResponse:
    """Take a merge back."""
    line = _one_line(request, merged=True)
    why = request.POST.get("why", "")

    def act() -> str:
        part_overlay(line, by=request.user, why=why)
        return f"The overlay of {line.tenant.name} applies by itself again."

    return _attempt(request, act)


@require_POST
def merging_draft(request: Request) -> HttpResponse:
    """Open drafts that would make nearly equal lines equal."""
    lines, like = _lines(request), _version(request)

    def act() -> str:
        count = len(draft_same(lines, like, by=request.user))
        return f"{count} draft{'s' * (count != 1)} opened. Nothing is served before its review."

    return _attempt(request, act)


@require_POST
def merging_clear(request: Request) -> HttpResponse:
    """Open a draft that leaves to the base what a line only repeats."""
    line = _one_line(request)

    def act() -> str:
        draft_without(line, request.POST.getlist("slot"), by=request.user)
        return f"A draft is open for {line.tenant.name}. Nothing is served before its review."

    return _attempt(request, act)


@require_POST
def merging_base(request: Request) -> HttpResponse:
    """Put what many tenants say into the draft of the base."""
    like, slot = _version(request), request.POST.get("slot", "")
    base = get_object_or_404(Base, prompt=like.overlay.prompt, locale="", model_family="")
    text = like.values.get(slot, "")

    def act() -> str:
        draft_into_base(base, slot, text, by=request.user)
        url = reverse("base-edit", args=[base.pk])
        return format_html('The base has a draft with it. <a href="{}">See the base</a>', url)

    return _attempt(request, act)


def _attempt(request: Request, act: Callable[[], str]) -> HttpResponse:
    """Act, or show the page again with what stood in the way."""
    slug = request.POST.get("prompt", "")
    try:
        messages.success(request, act())
    except (CannotMerge, BaseDraftConflict) as why:
        return _render(request, "merging/page.html", slug, problem=str(why), status=409)
    except UnusableText as why:
        return _render(request, "merging/page.html", slug, problem=str(why), status=422)
    known = prompts_of(request.user).filter(slug=slug).exists()
    query = f"?{urlencode({'prompt': slug})}" if known else ""
    return redirect(reverse("merging") + query)


def _render(
    request: Request, template: str, slug: str, *, problem: str = "", status: int = 200,
    eager: bool = False,
) -> HttpResponse:  # fmt: skip
    prompts = prompts_of(request.user)
    prompt = prompts.filter(slug=slug).first() or most_said(request.user)
    page = MergingPage(request.user, prompt, request.GET.get("q", ""))
    context = {"page": page, "problem": problem, "wait": page.is_large and not eager}
    return render(request, template, context, status=status)


def _lines(request: Request, *, merged: bool = False) -> list[Overlay]:
    """The lines a form names, within the person's reach; ids of none are passed over."""
    pks = [int(pk) for pk in request.POST.getlist("lines") if _is_id(pk)]
    found = _visible(request).filter(pk__in=pks, merged_into__isnull=not merged)
    return list(found.select_related("tenant", "prompt"))


def _one_line(request: Request, *, merged: bool = False) -> Overlay:
    lines = _lines(request, merged=merged)
    if not lines:
        raise Http404
    return lines[0]


def _version(request: Request) -> OverlayVersion:
    pk = request.POST.get("version", "")
    versions = OverlayVersion.objects.filter(overlay__in=_visible(request))
    related = versions.select_related("overlay__tenant", "overlay__prompt")
    return get_object_or_404(related, pk=int(pk) if _is_id(pk) else 0)


def _visible(request: Request) -> QuerySet[Overlay]:
    found = Overlay.objects.all()
    if request.user.sees_own_tenants_only:
        found = found.filter(tenant_id__in=request.user.own_tenant_ids)
    return found


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_ID
