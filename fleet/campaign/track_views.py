"""The page of one track, and the acts on it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.campaign import track_page
from fleet.campaign.actions import cut_over, re_evaluate, record_sign_off, roll_back_track
from fleet.campaign.forms import SignOffForm
from fleet.campaign.models import SignOffDecision, Track
from fleet.campaign.rows import tracks_of
from fleet.campaign.track_deeds import ACTS, UnusableChoice
from fleet.review.refusal import Refusal, attempt


@require_safe
def track_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why is this one not done? As a fragment: what changes while its eval runs."""
    fragment = request.headers.get("HX-Target") == "track-body"
    name = "campaign/track/_body.html" if fragment else "campaign/track/detail.html"
    return render(request, name, _context(request, _track(request, pk)) | {"fragment": fragment})


@require_POST
def track_re_evaluate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Measure it again."""
    track = _track(request, pk)
    done = attempt(lambda: re_evaluate(track, by=request.user))  # type: ignore[arg-type]
    return _answer(request, track, done, "It is being evaluated again.")


@require_POST
def track_sign_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record what the customer answered."""
    track = _track(request, pk)
    form = SignOffForm(track, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, track, 422, sign_off_form=form, sign_off_open=True)
    given = form.given()
    done = attempt(lambda: record_sign_off(track, **given, by=request.user))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        return _page(request, track, done.status, refusal=done, sign_off_form=form)
    approved = given["decision"] == SignOffDecision.APPROVED
    said = "signed off." if approved else "did not agree: the track needs work."
    return _answer(request, track, done, f"Recorded: {track.variant.tenant_name} {said}")


@require_POST
def track_cut_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make what the campaign brings live for this one variant."""
    track = _track(request, pk)
    done = attempt(lambda: cut_over(track, by=request.user))  # type: ignore[arg-type]
    name, goal, plan = track.variant.tenant_name, track.campaign.goal, track.campaign.plan
    share = f"{plan[0]['share'] * 100:.4g} % of {name}'s sessions get" if plan else ""
    said = f"{share} {goal} now." if plan else f"{name} is live on {goal}."
    return _answer(request, track, done, f"{said} No other variant was touched.")


@require_POST
def track_roll_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve the old revision again."""
    track, why = _track(request, pk), request.POST.get("why", "")
    done = attempt(lambda: roll_back_track(track, by=request.user, reason=why))  # type: ignore[arg-type]
    name, number = track.variant.tenant_name, track.baseline.number
    said = f"{name} is back on revision {number}. No other variant was touched."
    return _answer(request, track, done, said, roll_back_typed=why)


@require_POST
def track_act(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """Any other act of the page: its schedule, canary, watch, pause, and leaving the campaign."""
    if act not in ACTS:
        raise Http404
    track, (do, said) = _track(request, pk), ACTS[act]
    try:
        done = attempt(lambda: do(track, request.POST, request.user))  # type: ignore[arg-type]
    except UnusableChoice as why:
        done = Refusal(str(why), 422)
    if isinstance(done, Refusal):
        return _again(request, track, act, done)
    return _answer(request, track, done, said.format(name=track.variant.tenant_name))


def _again(request: HttpRequest, track: Track, act: str, why: Refusal) -> HttpResponse:
    """The page with the sheet of a refused act open, and what was typed into it."""
    context = _context(request, _track(request, track.pk)) | {"refusal": why}
    context |= track_page.reopened(context, act, request.POST, why.text)
    return render(request, "campaign/track/detail.html", context, status=why.status)


def _answer(
    request: HttpRequest, track: Track, done: object, said: str, **typed: str
) -> HttpResponse:
    """The page again with what stood in the way, or the way back with a toast."""
    if isinstance(done, Refusal):
        return _page(request, track, done.status, refusal=done, **typed)
    messages.success(request, said)
    return redirect(track)


def _page(request: HttpRequest, track: Track, status: int, **more: object) -> HttpResponse:
    context = _context(request, _track(request, track.pk)) | more
    return render(request, "campaign/track/detail.html", context, status=status)


def _context(request: HttpRequest, track: Track) -> dict[str, object]:
    return track_page.context(request.user, track)  # type: ignore[arg-type]


def _track(request: HttpRequest, pk: UUID) -> Track:
    mine = tracks_of(request.user).prefetch_related("variant__tenant__owners", "sign_offs")  # type: ignore[arg-type]
    return get_object_or_404(mine, pk=pk)
