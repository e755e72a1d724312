"""Revoke a text, withdraw a variant, restore it; and what of the revoked still serves."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.release.actions import CannotEnd, restore, revoke, withdraw
from fleet.release.revoked import Revocable, live_and_revoked, live_on, name_of, tenant_of
from fleet.review.actions import Blocked
from fleet.rollback.revoking import place_of, revocations_by_release
from registry.border import UnusableText
from registry.models import BaseVersion, OverlayVersion, PolicyVersion, Revision, Variant
from registry.request import Request
from registry.roles import require
from registry.transitions import IllegalMove

PAGE_ROWS = 100
NAMED = 30


@require_http_methods(["GET", "HEAD", "POST"])
def revision_revoke(request: Request, pk: UUID) -> HttpResponse:
    """Whom would it touch if this revision could never serve again? POST revokes it."""
    mine = Variant.objects.visible_to(request.user)
    found = Revision.objects.filter(variant__in=mine).select_related(
        "variant__tenant", "variant__prompt", "overlay_version", "policy_version", "base_version"
    )
    return _revoke_page(request, get_object_or_404(found, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def policy_version_revoke(request: Request, pk: int) -> HttpResponse:
    """Whom would it touch if this policy version could never serve again?"""
    return _revoke_page(request, get_object_or_404(PolicyVersion.objects.all(), pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def base_version_revoke(request: Request, pk: int) -> HttpResponse:
    """Whom would it touch if this base version could never serve again?"""
    found = BaseVersion.objects.select_related("base__prompt")
    return _revoke_page(request, get_object_or_404(found, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def overlay_version_revoke(request: Request, pk: int) -> HttpResponse:
    """Whom would it touch if this overlay version could never serve again?"""
    found = OverlayVersion.objects.select_related("overlay__tenant", "overlay__prompt")
    mine = Variant.objects.visible_to(request.user).values("tenant")
    return _revoke_page(request, get_object_or_404(found, pk=pk, overlay__tenant__in=mine))


def _revoke_page(request: Request, what: Revocable) -> HttpResponse:
    require(request.user, "revoke", tenant_of(what))
    why, problem = request.POST.get("why", ""), ""
    if request.method == "POST":
        try:
            revoke(what, by=request.user, reason=why)
        except (CannotEnd, UnusableText) as refused:
            problem = str(refused)
        else:
            return _revoked(request, what)
    context = _about(request, what) | {"problem": problem, "why": why}
    return render(request, "rollback/revoke.html", context, status=409 if problem else 200)


def _revoked(request: Request, what: Revocable) -> HttpResponse:
    touched = live_on(what, request.user).count()
    messages.success(request, f"Revoked: {name_of(what)} can never be released again.")
    if touched:
        messages.warning(request, f"{touched} live variant{'s' * (touched > 1)} still serve it.")
        return redirect("revocation-list")
    return redirect(place_of(what))


def _about(request: Request, what: Revocable) -> dict[str, object]:
    live = live_on(what, request.user)
    count = live.count()
    return {
        "what": what, "name": name_of(what), "place": place_of(what), "count": count,
        "named": live.order_by("variant__tenant__name", "variant_id")[:NAMED],
        "hidden": max(count - NAMED, 0), "is_revoked": hasattr(what, "revocation"),
        "overlay": what.overlay_version if isinstance(what, Revision) else None,
    }  # fmt: skip


@require_safe
def revocation_list(request: Request) -> HttpResponse:
    """What was revoked and still serves?"""
    live = live_and_revoked(request.user).order_by("variant__tenant__name", "variant_id")
    page = Paginator(live, PAGE_ROWS).get_page(request.GET.get("page"))
    lines = revocations_by_release(page)
    return render(request, "rollback/revoked.html", {"page": page, "lines": lines})


@require_POST
def variant_withdraw(request: Request, pk: int) -> HttpResponse:
    """Answer 410 to the callers of this variant."""
    return _end(request, pk, withdraw, "is withdrawn: its callers get 410 from now on.")


@require_POST
def variant_restore(request: Request, pk: int) -> HttpResponse:
    """Serve again what was live when it was withdrawn."""
    return _end(request, pk, restore, "answers again, with what was live before.")


def _end(request: Request, pk: int, act: Callable[..., Variant], done: str) -> HttpResponse:
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    variant = get_object_or_404(found, pk=pk)
    try:
        act(variant, by=request.user, reason=request.POST.get("why", ""))
    except (CannotEnd, IllegalMove, Blocked, UnusableText) as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{variant.tenant_name}{variant.suffix} {done}")
    return redirect(variant)
