"""Carry a review over to what there is today."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from fleet.review import rebase_page
from fleet.review.actions import rebase
from fleet.review.answering import review_of
from fleet.review.refusal import UNFIT, Refusal, attempt
from registry.border import UnusableText
from registry.lines import MissingLayer
from registry.request import Request
from registry.roles import require


@require_http_methods(["GET", "POST"])
def review_rebase(request: Request, pk: int) -> HttpResponse:
    """Yours, what it started from and what is there now; what comes out is asked anew."""
    review = review_of(request, pk)
    require(request.user, "open_review", review.variant.tenant)
    if request.method != "POST":
        return render(request, "review/rebase.html", rebase_page.context(review))
    values, why = rebase_page.typed(request.POST), request.POST.get("rationale", "")
    try:
        done = attempt(lambda: rebase(review, values, by=request.user, rationale=why))
    except (UnusableText, MissingLayer) as problem:
        done = Refusal(str(problem), UNFIT)
    if isinstance(done, Refusal):
        shown = rebase_page.context(review, values, why) | {"refusal": done}
        return render(request, "review/rebase.html", shown, status=done.status)
    messages.success(
        request, f"Rebased as revision {done.revision.number}. Everybody decides anew."
    )
    return redirect(done)
