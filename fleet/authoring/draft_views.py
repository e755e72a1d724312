"""An overlay's draft: saved in the background, thrown away, brought back, merged, shared."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fleet.authoring import conflict
from fleet.authoring.asking import for_writers
from fleet.authoring.drafts_page import drafts_page
from fleet.authoring.earlier import writers_of
from fleet.authoring.form import open_draft, typed_values
from fleet.authoring.merge import Undecided, resolved
from fleet.authoring.overlay import posted_edition
from fleet.authoring.presence import who_else
from registry.actions import DraftConflict, discard_draft, save_draft
from registry.actions.visits import leave, visit
from registry.border import UnusableText
from registry.models import OverlayDraft, Variant
from registry.request import Request


@require_POST
@for_writers
def overlay_save(request: Request, variant: Variant) -> HttpResponse:
    """Save the draft in the background; answers JSON."""
    values, edition = typed_values(request.POST), posted_edition(request.POST.dict())
    try:
        draft = save_draft(variant, values, edition=edition, by=request.user)
    except DraftConflict as refused:
        answer = {"problem": str(refused), "conflict": True, "saved": _saved(refused.theirs)}
        return JsonResponse(answer, status=409)
    except UnusableText as refused:
        return JsonResponse({"problem": str(refused)}, status=422)
    return JsonResponse({"saved": _saved(draft)})


@require_POST
@for_writers
def overlay_discard(request: Request, variant: Variant) -> HttpResponse:
    """Throw the draft away; it stays among the earlier drafts."""
    discard_draft(variant, by=request.user)
    note = 'The draft is gone. What is live did not change. <a href="{}">Bring it back</a>'
    messages.success(request, format_html(note, reverse("overlay-drafts", args=[variant.pk])))
    return redirect(variant)


@require_GET
@for_writers
def overlay_drafts(request: Request, variant: Variant) -> HttpResponse:
    """What was saved earlier, by whom, and what differs from now."""
    page = drafts_page(variant, request.GET.get("show", ""))
    context = {"page": page, "variant": variant}
    return render(request, "authoring/overlay/drafts.html", context)


@require_POST
@for_writers
def overlay_restore(request: Request, variant: Variant) -> HttpResponse:
    """Make an earlier draft the current one: one more save, so it can be undone the same way."""
    chosen = drafts_page(variant, request.POST.get("row", "")).shown
    if chosen is None:
        raise Http404("No such draft.")
    edition = posted_edition(request.POST.dict())
    try:
        why = f"Brought back what {chosen.who} had saved"
        save_draft(
            variant, chosen.values, edition=edition, by=request.user, why=why,
            contributors=writers_of(variant, chosen.row),
        )  # fmt: skip
    except DraftConflict as refused:
        messages.warning(request, f"{refused} Look at the newest draft first, then choose again.")
        return redirect("overlay-drafts", variant.pk)
    messages.success(request, "The earlier draft is the current one again. Nothing was lost.")
    return redirect("overlay-edit", variant.pk)


@require_POST
@for_writers
def overlay_merge(request: Request, variant: Variant) -> HttpResponse:
    """Save what was chosen between two people's texts, over exactly the other's edition."""
    slots = conflict.decided(variant, request.POST.dict())
    try:
        values = resolved(slots)
        edition = posted_edition(request.POST.dict())
        save_draft(variant, values, edition=edition, by=request.user, why="Merged two texts")
    except Undecided as missing:
        page = conflict.undecided(variant, slots, request.POST.dict())
        page.problem = str(missing)
        return _merge(request, page, 422)
    except DraftConflict as refused:
        return _merge(
            request, conflict.again(variant, refused.theirs, values, request.POST.dict()), 409
        )
    request.session[f"why:{variant.pk}"] = request.POST.get("rationale", "")
    messages.success(request, "Both texts are one draft now. Read it once more before submitting.")
    return redirect("overlay-edit", variant.pk)


@require_http_methods(["GET", "POST"])
@for_writers
def overlay_visit(request: Request, variant: Variant) -> HttpResponse:
    """A sign of life of the form: who else is here, and what was saved last."""
    if request.method == "POST" and "left" in request.POST:
        leave(variant, by=request.user)
        return HttpResponse(status=204)
    if request.method == "POST":
        visit(variant, by=request.user)
    here = who_else(variant, request.user)
    draft = open_draft(variant)
    return JsonResponse({
        "others": [{"name": v.user.display_name, "since": v.since.isoformat()} for v in here],
        "saved": _saved(draft) if draft else None,
        # After signing in again in another tab the page's own token is no longer good.
        "token": get_token(request),
    })  # fmt: skip


def _saved(draft: OverlayDraft) -> dict[str, object]:
    return {
        "edition": draft.edition, "at": draft.saved_at.isoformat(),
        "by": draft.saved_by.display_name, "by_id": draft.saved_by_id,
    }  # fmt: skip


def _merge(request: Request, page: conflict.ConflictPage, status: int) -> HttpResponse:
    context = {"page": page, "variant": page.variant}
    return render(request, "authoring/overlay/merge.html", context, status=status)
