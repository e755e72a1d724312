"""Open a roll-out of a published base or policy version."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from fleet.campaign import rollout_page
from fleet.campaign.actions import CannotOpen, open_rollout
from fleet.campaign.actions.planning import plan_campaign
from fleet.planning.goal import Goal
from registry.lines import MissingLayer
from registry.roles import require


@require_http_methods(["GET", "HEAD", "POST"])
def rollout_open(request: HttpRequest) -> HttpResponse:
    """Who is behind this version, and which of them move now? “More” leads to a plan."""
    require(request.user, "run_campaign")  # type: ignore[arg-type]
    version = rollout_page.version_of(request.GET)
    rows = rollout_page.behind(version)
    if request.method != "POST":
        return _page(request, rollout_page.context(request, version, rows))
    picks = rollout_page.chosen(rows, request.POST)
    name = request.POST.get("name", "")
    try:
        if "more" in request.POST:
            goal = Goal.version(version)
            campaign = plan_campaign(goal, variants=picks, name=name, by=request.user)  # type: ignore[arg-type]
            return redirect("plan-detail", campaign.pk)
        campaign = open_rollout(version, picks, name=name, by=request.user)  # type: ignore[arg-type]
    except (CannotOpen, MissingLayer) as why:
        context = rollout_page.context(request, version, rows) | {"problem": str(why)}
        return _page(request, context, 422)
    count = campaign.tracks.count()
    messages.success(request, f"{count} track{'' if count == 1 else 's'} opened; evals have begun.")
    return redirect(campaign)


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    return render(request, "campaign/rollout/open.html", context, status=status)
