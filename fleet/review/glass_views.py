"""What went out past the gate, for whoever has to look at it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from fleet.release.models import BreakGlass
from fleet.review import glass_page
from fleet.review.actions.break_glass import review_break_glass
from fleet.review.refusal import Refusal, attempt
from registry.models import Variant
from registry.request import Request


@require_http_methods(["GET", "POST"])
def break_glass_review(request: Request, pk: int) -> HttpResponse:
    """What went out, against what was live before, what stood in the way; say what you found."""
    glass = _glass(request, pk)
    if request.method != "POST":
        return render(request, "review/break_glass.html", glass_page.context(request, glass))
    note = request.POST.get("note", "")
    done = attempt(lambda: review_break_glass(glass, by=request.user, note=note))
    if isinstance(done, Refusal):
        shown = glass_page.context(request, _glass(request, pk)) | {"refusal": done, "typed": note}
        return render(request, "review/break_glass.html", shown, status=done.status)
    messages.success(request, "Noted. The warning is gone from the pages of this variant.")
    return redirect(glass.variant)


def _glass(request: Request, pk: int) -> BreakGlass:
    found = BreakGlass.objects.filter(variant__in=Variant.objects.visible_to(request.user))
    rows = found.select_related(
        "variant__tenant",
        "variant__prompt",
        "by",
        "reviewed_by",
        "release__replaces__revision",
        "release__revision__parent",
    )
    return get_object_or_404(rows, pk=pk)
