"""Pages of the campaigns: list, opening a migration, board. Tracks are in track_views."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.campaign import board, lists
from fleet.campaign.actions import (
    CannotOpen,
    Outcome,
    approve_batch,
    cancel_campaign,
    open_campaign,
)
from fleet.campaign.batch import cut_over_many, record_sign_offs
from fleet.campaign.forms import BatchSignOffForm, OpenCampaignForm
from fleet.campaign.models import Campaign, Track
from fleet.campaign.rows import tracks_of
from fleet.review.refusal import Refusal, attempt
from registry.lines import MissingLayer
from registry.roles import require


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Every migration and roll-out, newest first."""
    return render(request, "campaign/list.html", lists.list_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_open(request: HttpRequest) -> HttpResponse:
    """Choose two models, see what it would take, begin."""
    require(request.user, "run_campaign")  # type: ignore[arg-type]
    if request.method != "POST":
        return _open_page(request, OpenCampaignForm(initial=request.GET.dict()), 200)
    form = OpenCampaignForm(request.POST)
    if not form.is_valid():
        return _open_page(request, form, 422)
    try:
        campaign = open_campaign(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
    except (CannotOpen, MissingLayer) as why:
        form.add_error(None, str(why))
        return _open_page(request, form, 422)
    messages.success(request, f"{campaign.tracks.count()} tracks are open; their evals have begun.")
    return redirect(campaign)


@require_safe
def campaign_board(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where it is, and whether it makes the date."""
    context = board.context(request, _campaign(request, pk))
    left = request.session.pop(_key(pk), None)
    return render(request, "campaign/board.html", context | {"left": left})


@require_safe
def campaign_rows(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The polled rows; 204 while nothing reads differently from what the page has seen."""
    context = board.context(request, _campaign(request, pk))
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "campaign/_rows.html", context | {"polled": True})


@require_POST
def campaign_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One decision over the chosen repins."""
    tracks, why = _chosen(request, pk), request.POST.get("why", "")
    outcome = approve_batch(tracks, by=request.user, reason=why)  # type: ignore[arg-type]
    return _tell(request, pk, outcome, "approved")


@require_POST
def campaign_sign_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One customer answer for the chosen tracks."""
    form = BatchSignOffForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was recorded: name who answered and where it can be read.")
        return redirect(_back(request, pk))
    outcome = record_sign_offs(_chosen(request, pk), **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
    return _tell(request, pk, outcome, "signed off")


@require_POST
def campaign_cut_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand the chosen cutovers to the workers."""
    outcome = cut_over_many(_chosen(request, pk), by=request.user)  # type: ignore[arg-type]
    return _tell(request, pk, outcome, "on their way")


@require_POST
def campaign_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop it; what was cut over stays."""
    campaign, why = _campaign(request, pk), request.POST.get("why", "")
    done = attempt(lambda: cancel_campaign(campaign, by=request.user, reason=why))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        context = board.context(request, _campaign(request, pk)) | {"problem": done.text}
        return render(request, "campaign/board.html", context, status=done.status)
    messages.success(request, f"The {campaign.word} is cancelled. What was cut over stays live.")
    return redirect(campaign)


def _open_page(request: HttpRequest, form: OpenCampaignForm, status: int) -> HttpResponse:
    return render(request, "campaign/open.html", lists.open_context(form), status=status)


def _campaign(request: HttpRequest, pk: UUID) -> Campaign:
    return get_object_or_404(lists.campaigns_of(request.user), pk=pk)  # type: ignore[arg-type]


def _chosen(request: HttpRequest, pk: UUID) -> list[Track]:
    """The ticked tracks that this person may see; ids that are none are passed over."""
    wanted = request.POST.getlist("tracks")
    mine = tracks_of(request.user).filter(campaign=_campaign(request, pk))  # type: ignore[arg-type]
    try:
        return list(mine.filter(pk__in=wanted))
    except ValidationError:
        return []


def _tell(request: HttpRequest, pk: UUID, outcome: Outcome, done: str) -> HttpResponse:
    """A toast with the number, and for the board the list of what was left and why."""
    if outcome.done:
        messages.success(request, f"{_tracks(len(outcome.done))} {done}.")
    if outcome.left:
        request.session[_key(pk)] = _by_reason(outcome)
        left = _tracks(len(outcome.left))
        messages.warning(request, f"{left} left as before; the list says why.")
    if not outcome.done and not outcome.left:
        messages.warning(request, "No track was chosen. Tick the rows first.")
    return redirect(_back(request, pk))


def _by_reason(outcome: Outcome) -> list[tuple[str, list[tuple[str, str]]]]:
    """Reason -> (name, address) of the tracks it kept back; as plain values for the session."""
    found: dict[str, list[tuple[str, str]]] = {}
    for track, why in outcome.left:
        found.setdefault(why, []).append((str(track.variant), track.get_absolute_url()))
    return sorted(found.items(), key=lambda pair: len(pair[1]))


def _back(request: HttpRequest, pk: UUID) -> str:
    """The board as it was filtered; the query string comes from the page's own form."""
    address = reverse("campaign-board", args=[pk])
    query = QueryDict(request.POST.get("address", "")).urlencode()
    return f"{address}?{query}" if query else address


def _tracks(count: int) -> str:
    return f"{count} track{'' if count == 1 else 's'}"


def _key(pk: UUID) -> str:
    return f"left-{pk}"
