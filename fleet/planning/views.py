"""A plan's page: look at it, change it, start it or give it up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from fleet.campaign import lists
from fleet.campaign.actions import CannotOpen, start_campaign
from fleet.campaign.actions.planning import change_plan, discard
from fleet.campaign.actions.waves import add_wave, change_wave, remove_wave, set_waves
from fleet.campaign.models import Campaign, CampaignStage, Wave
from fleet.planning import page
from fleet.planning.choosing import act_on_lines
from fleet.planning.forms import PlanForm, ProposeForm, WaveForm
from fleet.planning.sheet import sheet_of
from fleet.planning.waves import Risk, propose
from registry.border import UnusableText
from registry.lines import MissingLayer
from registry.request import Request
from registry.roles import require
from registry.transitions import IllegalMove


@require_safe
def plan_detail(request: Request, pk: UUID) -> HttpResponse:
    """Who goes along, how, when; what does it take?"""
    campaign = _campaign(request, pk)
    if campaign.stage != CampaignStage.PLANNED:
        return redirect(campaign)
    return render(request, "planning/plan/detail.html", page.context(campaign, request.GET))


@require_POST
def plan_save(request: Request, pk: UUID) -> HttpResponse:
    """Save what holds for all of its variants; under htmx, say so beside the form."""
    campaign = _campaign(request, pk)
    form = PlanForm(campaign, request.POST)
    if form.is_valid():
        try:
            campaign = change_plan(campaign, by=request.user, **form.changes)
        except CannotOpen as why:
            form.add_error(None, str(why))
    if request.htmx:
        context = {"form": form, "saved": form.is_valid(), **page.side(sheet_of(campaign))}
        answer = render(request, "planning/plan/_saved.html", context)
        if {"min_pass_rate", "margin"} & set(form.changed_data):
            trigger_client_event(answer, "plan-thresholds")  # the lines say what holds for all
        return answer
    if form.is_valid():
        messages.success(request, "The plan is saved.")
        return redirect(_address(request, pk))
    return _again(request, campaign, form=form)


@require_POST
def plan_waves(request: Request, pk: UUID) -> HttpResponse:
    """Propose waves, add one, name or date one, take one away."""
    campaign = _campaign(request, pk)
    acts: dict[str, Callable[[], HttpResponse | str]] = {
        "propose": lambda: _propose(request, campaign),
        "add": lambda: f"{add_wave(campaign, by=request.user)} is added.",
        "change": lambda: _change(request, campaign),
        "remove": lambda: _remove(request, campaign),
    }
    act = acts.get(request.POST.get("act", ""))
    return _do(request, campaign, act) if act else _again(request, campaign)


@require_POST
def plan_tracks(request: Request, pk: UUID) -> HttpResponse:
    """Act on the chosen variants: take in, leave out, wave, owner, sign-off."""
    campaign = _campaign(request, pk)
    return _do(request, campaign, lambda: act_on_lines(campaign, request.POST, by=request.user))


@require_POST
def plan_start(request: Request, pk: UUID) -> HttpResponse:
    """Begin."""
    campaign = _campaign(request, pk)
    try:
        campaign = start_campaign(campaign, by=request.user)
    except (CannotOpen, MissingLayer, IllegalMove) as why:
        return _again(request, campaign, problem=str(why))
    count = campaign.tracks.count()
    messages.success(request, f"{count} track{pluralize(count)} began; their evals are under way.")
    return redirect(campaign)


@require_POST
def plan_discard(request: Request, pk: UUID) -> HttpResponse:
    """Give it up."""
    campaign = _campaign(request, pk)
    try:
        discard(campaign, by=request.user, why=request.POST.get("why", ""))
    except (CannotOpen, IllegalMove, UnusableText) as why:
        return _again(request, campaign, problem=str(why))
    messages.success(request, "The plan is discarded. Its variants are free for another.")
    return redirect("campaign-list")


def _campaign(request: Request, pk: UUID) -> Campaign:
    require(request.user, "run_campaign")
    return get_object_or_404(lists.campaigns_of(request.user), pk=pk)


def _do(
    request: Request, campaign: Campaign, act: Callable[[], HttpResponse | str]
) -> HttpResponse:
    """Do one act; say what was done, or show the page again with what stands against it."""
    try:
        done = act()
    except (CannotOpen, UnusableText) as why:
        return _again(request, campaign, problem=str(why))
    if not isinstance(done, str):
        return done
    messages.success(request, done)
    return redirect(_address(request, campaign.pk))


def _propose(request: Request, campaign: Campaign) -> HttpResponse | str:
    form = ProposeForm(request.POST)
    if not form.is_valid():
        return _again(request, campaign, propose=form)
    risks = [
        Risk(line.candidate.variant, line.candidate.revenue, line.cases, line.verdict)
        for line in sheet_of(campaign).within
    ]
    groups = propose(risks, form.cleaned_data["number"])
    first, apart = form.cleaned_data["first"], form.cleaned_data["apart"] or 7
    starts = [first + dt.timedelta(days=apart * place) for place in range(len(groups))] if (
        first
    ) else [None] * len(groups)  # fmt: skip
    waves = set_waves(campaign, groups, by=request.user, starts=starts)
    return f"{len(waves)} wave{pluralize(len(waves))}: the least risk goes first."


def _change(request: Request, campaign: Campaign) -> HttpResponse | str:
    wave, form = _wave(request, campaign), WaveForm(request.POST)
    if not form.is_valid():
        said = " ".join(str(message) for errors in form.errors.values() for message in errors)
        return _again(request, campaign, problem=f"{wave}: {said}")
    return f"{change_wave(wave, by=request.user, **form.cleaned_data)} is saved."


def _remove(request: Request, campaign: Campaign) -> str:
    wave = _wave(request, campaign)
    remove_wave(wave, by=request.user)
    return f"{wave} is gone; its variants are in none."


def _wave(request: Request, campaign: Campaign) -> Wave:
    number = request.POST.get("wave", "")
    known = number if number.isascii() and number.isdecimal() and len(number) < 6 else "0"
    return get_object_or_404(campaign.waves, number=int(known))


def _again(
    request: Request, campaign: Campaign, *, problem: str = "", form: PlanForm | None = None,
    propose: ProposeForm | None = None,
) -> HttpResponse:  # fmt: skip
    """The page with what stands against the act; everything typed is kept."""
    campaign.refresh_from_db()
    query = QueryDict(request.POST.get("address", ""))
    context = page.context(campaign, query, form=form, propose=propose) | {"problem": problem}
    return render(request, "planning/plan/detail.html", context, status=422)


def _address(request: Request, pk: UUID) -> str:
    """The page as it was filtered; the query string comes from the page's own form."""
    query = QueryDict(request.POST.get("address", "")).urlencode()
    where = reverse("plan-detail", args=[pk])
    return f"{where}?{query}" if query else where
