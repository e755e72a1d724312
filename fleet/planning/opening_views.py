"""Open a migration: choose two models and begin, or plan it first."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods

from fleet.campaign.actions import CannotOpen, start_campaign
from fleet.campaign.actions.planning import plan_campaign
from fleet.campaign.forms import OpenCampaignForm
from fleet.campaign.models import Campaign
from fleet.planning.goal import Goal
from fleet.planning.opening_page import context
from registry.lines import MissingLayer
from registry.request import Request
from registry.roles import require


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_open(request: Request) -> HttpResponse:
    """Choose two models, see what it would take, begin; “more” leads to the plan's page."""
    require(request.user, "run_campaign")
    if request.method != "POST":
        return _page(request, OpenCampaignForm(initial=request.GET.dict()), 200)
    form = OpenCampaignForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        campaign = _open(form, request, start="more" not in request.POST)
    except (CannotOpen, MissingLayer) as why:
        form.add_error(None, str(why))
        return _page(request, form, 422)
    if "more" in request.POST:
        return redirect("plan-detail", campaign.pk)
    count = campaign.tracks.count()
    messages.success(
        request,
        f"{count} track{pluralize(count)} {pluralize(count, 'is,are')} open; "
        f"{pluralize(count, 'its,their')} evals have begun.",
    )
    return redirect(campaign)


def _open(form: OpenCampaignForm, request: Request, *, start: bool) -> Campaign:
    """The plan with its defaults, and unless there is more to say its start, or nothing."""
    typed = form.cleaned_data
    with transaction.atomic():
        goal = Goal.model(typed["source"], typed["target"])
        campaign = plan_campaign(goal, by=request.user, name=typed["name"])
        return start_campaign(campaign, by=request.user) if start else campaign


def _page(request: Request, form: OpenCampaignForm, status: int) -> HttpResponse:
    return render(request, "planning/open.html", context(form), status=status)
