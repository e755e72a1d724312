"""The queue, the page of one review, and starting an eval run against what is live."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals.actions import start_run
from fleet.review import page, queue
from fleet.review.actions import live_revision
from fleet.review.answering import review_of
from fleet.review.refusal import Refusal, attempt
from fleet.sweep.tiers import tier_of_change
from registry.models import Revision, Variant
from registry.request import Request


@require_safe
def review_queue(request: Request) -> HttpResponse:
    """What waits for me, then the rest."""
    return render(request, "review/queue.html", queue.context(request))


@require_safe
def review_detail(request: Request, pk: int) -> HttpResponse:
    """May this go out? As a fragment: what changes while its eval runs."""
    review = review_of(request, pk)
    if request.headers.get("HX-Target") == "review-state":
        shown = page.state(request, review) | {"fragment": True}
        return render(request, "review/_state.html", shown)
    return render(request, "review/detail.html", page.context(request, review))


@require_POST
def eval_run_start(request: Request, pk: UUID) -> HttpResponse:
    """Measure a revision against what its variant serves now."""
    mine = Revision.objects.filter(variant__in=Variant.objects.visible_to(request.user))
    revision = get_object_or_404(mine.select_related("variant__tenant"), pk=pk)
    live = live_revision(revision.variant)
    baseline = live if live is not None and live.pk != revision.pk else revision.parent
    tier, why = tier_of_change(tenant=revision.variant.tenant_id is not None)
    run = attempt(
        lambda: start_run(
            revision, baseline=baseline, by=request.user, tier=tier, why=why,
            afresh=request.POST.get("afresh") == "1",
        )
    )  # fmt: skip
    if isinstance(run, Refusal):
        messages.error(request, run.text)
        return redirect(revision.variant)
    messages.success(request, f"The eval of revision {revision.number} has started.")
    return redirect(run)
