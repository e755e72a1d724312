"""Pages of feedback: the list, and the form on a variant's or track's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from fleet.campaign.models import Track
from fleet.feedback import page
from fleet.feedback.actions import UnusableFeedback, may_record, record_feedback
from fleet.feedback.forms import FeedbackForm
from fleet.letter.scope import ids_in
from registry.models import Variant
from registry.request import Request
from registry.roles import NotAllowed


@require_safe
def feedback_list(request: Request) -> HttpResponse:
    """What did customers come back with?"""
    return render(request, "feedback/feedback/list.html", page.list_context(request))


def variant_feedback(request: Request, pk: int) -> HttpResponse:
    """Write down what a customer said; from a track's page also which track it is about."""
    mine = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    variant = get_object_or_404(mine, pk=pk)
    if not may_record(request.user, variant):
        raise NotAllowed(f"You may not write down what {variant.tenant_name} said.")
    asked = request.POST if request.method == "POST" else request.GET
    track = Track.objects.filter(variant=variant, pk__in=ids_in([asked.get("track", "")])).first()
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            record_feedback(variant, form.said(), by=request.user, track=track)
        except UnusableFeedback as why:
            form.add_error(why.field, str(why))
        else:
            messages.success(request, f"Written down: what {variant.tenant_name} said.")
            return redirect(track or variant)
    context = {"variant": variant, "track": track, "form": form}
    status = 422 if form.errors else 200
    return render(request, "feedback/feedback/form.html", context, status=status)
