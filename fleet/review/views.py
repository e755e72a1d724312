"""Pages of the reviews, and starting an eval run against what is live."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals.actions import start_run
from evals.models import EvalRun
from fleet.release.actions import publish
from fleet.review import page, queue
from fleet.review.actions import approve, live_revision, reject, withdraw
from fleet.review.models import Review
from fleet.review.refusal import CONFLICT, Refusal, attempt
from registry.models import Revision, Variant

NO_EVIDENCE = Refusal(
    "The page did not say which eval run it showed. Look at the evidence below, then decide.",
    CONFLICT,
)


@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """What waits for me, then the rest."""
    return render(request, "review/queue.html", queue.context(request))


@require_safe
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """May this go out? As a fragment: what changes while its eval runs."""
    review = _review(request, pk)
    fragment = request.headers.get("HX-Target") == "review-state"
    name = "review/_state.html" if fragment else "review/detail.html"
    return render(request, name, page.context(request, review) | {"fragment": fragment})


@require_POST
def review_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes, on the evidence that the page showed."""
    review, why = _review(request, pk), request.POST.get("why", "")
    run = _shown_run(request, review)
    if run is None:
        return _refused(request, review, NO_EVIDENCE, "approve")
    done = attempt(lambda: approve(review, by=request.user, reason=why, run=run))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        return _refused(request, review, done, "approve")
    messages.success(request, f"Approved: revision {review.revision.number} may go live.")
    return redirect(review)


@require_POST
def review_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    review, why = _review(request, pk), request.POST.get("why", "")
    done = attempt(lambda: reject(review, by=request.user, reason=why))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        return _refused(request, review, done, "reject")
    messages.success(request, f"Rejected. {review.opened_by.display_name} reads your reason here.")
    return redirect(review)


@require_POST
def review_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    review, why = _review(request, pk), request.POST.get("why", "")
    done = attempt(lambda: withdraw(review, by=request.user, why=why))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        return _refused(request, review, done, "withdraw")
    messages.success(request, "The review is withdrawn. The revision stays on record.")
    return redirect(review)


@require_POST
def review_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the approved revision live."""
    review, ticked = _review(request, pk), request.POST.get("acknowledged") == "1"
    done = attempt(lambda: publish(review, by=request.user, acknowledged=ticked))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        return _refused(request, review, done, "publish")
    name, number = review.variant.tenant_name, review.revision.number
    said = f"Revision {number} is live for {name}. No other variant was touched."
    messages.success(request, said)
    return redirect(review)


@require_POST
def eval_run_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Measure a revision against what its variant serves now."""
    visible = Variant.objects.visible_to(request.user)  # type: ignore[arg-type]
    mine = Revision.objects.filter(variant__in=visible).select_related("variant__tenant")
    revision = get_object_or_404(mine, pk=pk)
    live = live_revision(revision.variant)
    baseline = live if live is not None and live.pk != revision.pk else revision.parent
    run = attempt(lambda: start_run(revision, baseline=baseline, by=request.user))  # type: ignore[arg-type]
    if isinstance(run, Refusal):
        messages.error(request, run.text)
        return redirect(revision.variant)
    messages.success(request, f"The eval of revision {revision.number} has started.")
    return redirect(run)


def _review(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(queue.reviews_of(request.user), pk=pk)  # type: ignore[arg-type]


def _shown_run(request: HttpRequest, review: Review) -> EvalRun | None:
    """The run whose verdict the page showed when the button was pressed."""
    try:
        return review.revision.eval_runs.filter(pk=UUID(request.POST.get("run", ""))).first()
    except ValueError:
        return None


def _refused(request: HttpRequest, review: Review, refusal: Refusal, act: str) -> HttpResponse:
    """The page again, with what stood in the way and what was typed."""
    review = _review(request, review.pk)
    context = page.context(request, review) | {
        "refusal": refusal, "refused": act,
        f"{act}_error": refusal.text, f"{act}_typed": request.POST.get("why", ""),
    }  # fmt: skip
    return render(request, "review/detail.html", context, status=refusal.status)
