"""Pages of the ledger."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from fleet.campaign.lists import campaigns_of
from fleet.campaign.models import Track
from fleet.ledger import export
from fleet.ledger.actions import (
    UnusableHours,
    correct_hours,
    note_hours,
    require_to_note,
    take_hours_back,
)
from fleet.ledger.books import with_drift
from fleet.ledger.campaign import CampaignLedger
from fleet.ledger.forms import HoursForm, form_of
from fleet.ledger.models import Effort
from fleet.ledger.rates import hour_cost, usd_in_eur
from fleet.ledger.table import ledger_table
from fleet.ledger.variant import VariantLedger
from fleet.ledger.waiting_page import waiting_lines
from fleet.spreadsheet import download
from registry.models import Variant
from registry.request import Request


@require_safe
def ledger(request: Request) -> HttpResponse:
    """What does each fork cost, and what does it bring?"""
    context = {
        "table": ledger_table(request.user, request.GET),
        "hour_cost": hour_cost(),
        "rate": usd_in_eur(),
    }
    return render(request, "ledger/ledger.html", context)


@require_safe
def ledger_export(request: Request) -> HttpResponseBase:
    """The same rows, all of them, for a spreadsheet."""
    table = ledger_table(request.user, request.GET)
    return download("ledger.csv", export.as_csv(with_drift(table.lines, request.user)))


@require_safe
def ledger_variant(request: Request, pk: int) -> HttpResponse:
    """What does this fork cost, and who spent hours on it?"""
    return _variant_page(request, _variant(request, pk), HoursForm(), 200)


@require_safe
def ledger_campaign(request: Request, pk: UUID) -> HttpResponse:
    """What did this campaign cost?"""
    campaign = get_object_or_404(campaigns_of(request.user), pk=pk)
    ledger = CampaignLedger(campaign, request.user, request.GET)
    context = {"campaign": campaign, "ledger": ledger, "hour_cost": hour_cost()}
    return render(request, "ledger/campaign.html", context)


@require_safe
def ledger_waiting(request: Request) -> HttpResponse:
    """What does it cost to wait, model by model?"""
    return render(request, "ledger/waiting.html", {"lines": waiting_lines(request.user)})


@require_POST
def hours_note(request: Request, pk: int) -> HttpResponse:
    """Note hours for a variant, or for its track."""
    variant, form = _variant(request, pk), HoursForm(request.POST)
    require_to_note(request.user, variant)
    track = _track(request, variant)
    if not form.is_valid():
        return _variant_page(request, variant, form, 422)
    try:
        effort = note_hours(variant, **form.cleaned_data, by=request.user, track=track)
    except UnusableHours as why:
        form.add_error(None, str(why))
        return _variant_page(request, variant, form, 422)
    messages.success(request, f"Noted: {effort}.")
    return redirect(_back(request, variant, track))


def hours_correct(request: Request, pk: int) -> HttpResponse:
    """Correct one's own note. POST saves it."""
    effort = _effort(request, pk)
    form = HoursForm(request.POST) if request.method == "POST" else form_of(effort)
    if request.method != "POST" or not form.is_valid():
        return _correct(request, effort, form, 422 if form.is_bound else 200)
    try:
        correct_hours(effort, **form.cleaned_data, by=request.user)
    except UnusableHours as why:
        form.add_error(None, str(why))
        return _correct(request, effort, form, 422)
    messages.success(request, "Corrected. What stood there before is in the history.")
    return redirect("ledger-variant", effort.variant_id)


@require_POST
def hours_take_back(request: Request, pk: int) -> HttpResponse:
    """Remove one's own note."""
    effort = _effort(request, pk)
    take_hours_back(effort, by=request.user)
    messages.success(request, f"Taken back: {effort}. The history keeps it.")
    return redirect("ledger-variant", effort.variant_id)


def _correct(request: Request, effort: Effort, form: HoursForm, status: int) -> HttpResponse:
    context = {"effort": effort, "form": form, "variant": effort.variant}
    return render(request, "ledger/hours.html", context, status=status)


def _variant_page(request: Request, variant: Variant, form: HoursForm, status: int) -> HttpResponse:
    page = VariantLedger(request.user, variant, request.GET, form)
    context = {"page": page, "variant": variant, "track": request.POST.get("track", "")}
    return render(request, "ledger/variant.html", context, status=status)


def _variant(request: Request, pk: int) -> Variant:
    mine = Variant.objects.visible_to(request.user).filter(tenant__isnull=False)
    return get_object_or_404(mine.select_related("tenant", "prompt"), pk=pk)


def _effort(request: Request, pk: int) -> Effort:
    """A note of one's own; anybody else's is not found."""
    mine = Effort.objects.filter(
        by=request.user, variant__in=Variant.objects.visible_to(request.user)
    )
    return get_object_or_404(mine.select_related("variant__tenant", "variant__prompt"), pk=pk)


def _track(request: Request, variant: Variant) -> Track | None:
    """The track that the hours were spent on; 404 for what is no track of this variant."""
    named = request.POST.get("track", "")
    if not named:
        return None
    tracks = {str(track.pk): track for track in variant.tracks.select_related("campaign")}
    return tracks.get(named) or get_object_or_404(Track.objects.none())


def _back(request: Request, variant: Variant, track: Track | None) -> str:
    """Where the form stood."""
    if track is not None:
        return track.get_absolute_url()
    at_home = request.POST.get("back") == "ledger"
    return reverse("ledger-variant", args=[variant.pk]) if at_home else variant.get_absolute_url()
