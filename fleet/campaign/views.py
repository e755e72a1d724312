"""Pages of the campaigns: list and board. Tracks are in track_views, plans in fleet.planning."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from fleet.campaign import board, lists
from fleet.campaign.actions import cancel_campaign
from fleet.campaign.batch_views import left_key
from fleet.campaign.cost import cost_of
from fleet.campaign.export import as_csv
from fleet.campaign.models import Campaign
from fleet.campaign.pulse import pulse_of
from fleet.campaign.rows import counted
from fleet.review.refusal import Refusal, attempt
from fleet.spreadsheet import download
from registry.request import Request


@require_safe
def campaign_list(request: Request) -> HttpResponse:
    """Every migration and roll-out, newest first."""
    return render(request, "campaign/list.html", lists.list_context(request))


@require_safe
def campaign_board(request: Request, pk: UUID) -> HttpResponse:
    """Where it is, and whether it makes the date."""
    context = board.context(request, _campaign(request, pk))
    left = request.session.pop(left_key(pk), None)
    return render(request, "campaign/board.html", context | {"left": left})


@require_safe
def campaign_rows(request: Request, pk: UUID) -> HttpResponse:
    """What a poll asks for: 204 while nothing can have changed, which one query tells.

    Where something has, and yet every row reads as the page has it, only the next question is
    renewed.
    """
    campaign = _campaign(request, pk)
    pulse = pulse_of(campaign, request.user.pk)
    if request.GET.get("pulse") == pulse:
        return HttpResponse(status=204)
    context = board.context(request, campaign, pulse) | {"polled": True}
    if request.GET.get("seen") == context["seen"]:
        answer = render(request, "campaign/_poll.html", context | {"polled": False})
        return reswap(retarget(answer, "#board-poll"), "outerHTML")
    return render(request, "campaign/_live.html", context)


@require_safe
def campaign_export(request: Request, pk: UUID) -> HttpResponseBase:
    """The rows under the present filters, all of them, for a spreadsheet."""
    seen = board.look(_campaign(request, pk), request.user)
    rows = counted(seen.asked_for(request.GET))
    return download("migration.csv", as_csv(rows, request.build_absolute_uri("/").rstrip("/")))


@require_safe
def campaign_cost(request: Request, pk: UUID) -> HttpResponse:
    """What it cost so far: asked beside the board, which does not wait for it."""
    campaign = _campaign(request, pk)
    context = {"campaign": campaign, "cost": cost_of(campaign, request.user)}
    return render(request, "campaign/_cost.html", context)


@require_POST
def campaign_cancel(request: Request, pk: UUID) -> HttpResponse:
    """Stop it; what was cut over stays."""
    campaign, why = _campaign(request, pk), request.POST.get("why", "")
    done = attempt(lambda: cancel_campaign(campaign, by=request.user, reason=why))
    if isinstance(done, Refusal):
        context = board.context(request, _campaign(request, pk)) | {"problem": done.text}
        return render(request, "campaign/board.html", context, status=done.status)
    messages.success(request, f"The {campaign.word} is cancelled. What was cut over stays live.")
    return redirect(campaign)


def _campaign(request: Request, pk: UUID) -> Campaign:
    return get_object_or_404(lists.campaigns_of(request.user), pk=pk)
