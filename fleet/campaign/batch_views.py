"""Acts on the chosen rows of a board: what would happen, and then what did."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from fleet.campaign import lists, scope
from fleet.campaign.actions import Outcome, pause, resume
from fleet.campaign.batch_acts import ACTS, Act
from fleet.campaign.batch_job import hand_on, is_for_workers, most_in_request
from fleet.campaign.batch_plan import BatchPlan, chosen_rows, plan_of
from fleet.campaign.board import Seen, look
from fleet.campaign.models import Campaign, Wave
from fleet.campaign.rows import tracks_of
from fleet.review.refusal import Refusal, attempt
from registry.request import Request
from registry.roles import CAPABILITIES, NotAllowed


@require_POST
def campaign_preview(request: Request, pk: UUID) -> HttpResponse:
    """The sheet before an act: what will happen to how many, and who is left out and why."""
    campaign, act = _campaign(request, pk), _act(request.POST.get("act", ""))
    plan = _plan(request, campaign, act)
    return _sheet(request, campaign, plan, act.form(campaign), 200)


def acting(slug: str) -> Callable[..., HttpResponse]:
    """The view that does one of the acts."""

    @require_POST
    def campaign_act(request: Request, pk: UUID) -> HttpResponse:
        campaign, act = _campaign(request, pk), ACTS[slug]
        plan = _plan(request, campaign, act)
        form = act.form(campaign, request.POST)
        if not form.is_valid():
            return _refused(request, campaign, form.errors.as_text())
        if is_for_workers(plan, request.user):
            return _hand_on(request, campaign, plan)
        return _tell(request, campaign, _do(request, plan, form.cleaned_data), act.done)

    return campaign_act


@require_POST
def campaign_pause(request: Request, pk: UUID) -> HttpResponse:
    """Hold all of it still, or one of its waves."""
    campaign, why = _campaign(request, pk), request.POST.get("why", "")
    what = _whole_or_wave(request, campaign)
    done = attempt(lambda: pause(what, by=request.user, why=why))
    return _held(request, campaign, done, f"{what} is paused: nothing of it is taken further.")


@require_POST
def campaign_resume(request: Request, pk: UUID) -> HttpResponse:
    """Let all of it go on, or one of its waves."""
    campaign = _campaign(request, pk)
    what = _whole_or_wave(request, campaign)
    done = attempt(lambda: resume(what, by=request.user))
    return _held(request, campaign, done, f"{what} is going on.")


def _held(request: Request, campaign: Campaign, done: object, said: str) -> HttpResponse:
    if isinstance(done, Refusal):
        messages.error(request, done.text)
    else:
        messages.success(request, said)
    return redirect(_back(request, campaign))


def _whole_or_wave(request: Request, campaign: Campaign) -> Campaign | Wave:
    number = request.POST.get("wave", "")
    if not number:
        return campaign
    if not number.isdecimal() or len(number) > lists.LONGEST_ID:
        raise Http404
    return get_object_or_404(campaign.waves, number=int(number))


def _plan(request: Request, campaign: Campaign, act: Act) -> BatchPlan:
    """The chosen rows, sorted. NotAllowed for whom the act is not offered."""
    seen: Seen = look(campaign, request.user)
    if not act.is_open_to(seen.person):
        allowed = CAPABILITIES[act.capabilities[0]]
        raise NotAllowed(f"You may not {allowed}. Ask an operator for a role that may.")
    return plan_of(act, seen, chosen_rows(seen, request.POST))


def _hand_on(request: Request, campaign: Campaign, plan: BatchPlan) -> HttpResponse:
    """Very many: the workers do them, and the act's own page tells how far they are."""
    started = hand_on(campaign, plan, request.POST, request.user)
    messages.success(request, f"{_tracks(len(plan.take))} are in the workers' hands, one by one.")
    return redirect(started)


def _do(request: Request, plan: BatchPlan, typed: dict[str, object]) -> Outcome:
    """What the act did, and all that was left: known before or found on the way."""
    ids = [row.line.pk for row in plan.take]
    known = {row.line.pk: why for why, rows in plan.left for row in rows}
    mine = tracks_of(request.user)
    found = mine.filter(pk__in=ids).defer(*scope.WORDS)
    tracks = list(found.prefetch_related("variant__tenant__owners"))
    assert plan.act.run is not None
    outcome = plan.act.run(tracks, request.user, typed)
    left = [(track, known[track.pk]) for track in mine.filter(pk__in=known).defer(*scope.WORDS)]
    return Outcome(outcome.done, [*left, *outcome.left])


def _sheet(
    request: Request, campaign: Campaign, plan: BatchPlan, form: object, status: int
) -> HttpResponse:
    context = {
        "campaign": campaign, "plan": plan, "act": plan.act, "form": form,
        "address": request.POST.get("address", ""),
        "for_workers": is_for_workers(plan, request.user),
        "in_request": most_in_request(plan.act),
        "url": reverse("letter-send") if plan.act.run is None
        else reverse(f"campaign-{plan.act.slug}", args=[campaign.pk]),
    }  # fmt: skip
    return render(request, "campaign/_sheet.html", context, status=status)


def _tell(request: Request, campaign: Campaign, outcome: Outcome, done: str) -> HttpResponse:
    """A toast with the number, and for the board the list of what was left and why."""
    if outcome.done:
        messages.success(request, f"{_tracks(len(outcome.done))} {done}.")
    if outcome.left:
        request.session[left_key(campaign.pk)] = _by_reason(outcome)
        messages.warning(
            request, f"{_tracks(len(outcome.left))} left as before; the list says why."
        )
    if not outcome.done and not outcome.left:
        messages.warning(request, "No track was chosen. Tick the rows first.")
    return redirect(_back(request, campaign))


def _refused(request: Request, campaign: Campaign, problems: str) -> HttpResponse:
    said = " ".join(line[2:] for line in problems.splitlines() if line.startswith("  *"))
    messages.error(request, f"Nothing was done: {said.strip()}")
    return redirect(_back(request, campaign))


LEFT_NAMED = 200
"""Tracks of one reason that the list names: a session is no place for thousands."""


def _by_reason(outcome: Outcome) -> list[tuple[str, list[tuple[str, str]], int]]:
    """Reason -> (name, address) of the first tracks it kept back, and how many there are."""
    found: dict[str, list[tuple[str, str]]] = {}
    for track, why in outcome.left:
        found.setdefault(why, []).append((str(track.variant), track.get_absolute_url()))
    rows = sorted(found.items(), key=lambda pair: len(pair[1]))
    return [(why, tracks[:LEFT_NAMED], len(tracks)) for why, tracks in rows]


def _back(request: Request, campaign: Campaign) -> str:
    """The board as it was filtered; the query string comes from the page's own form."""
    query = QueryDict(request.POST.get("address", "")).urlencode()
    address = campaign.get_absolute_url()
    return f"{address}?{query}" if query else address


def _act(slug: str) -> Act:
    if slug not in ACTS:
        raise Http404
    return ACTS[slug]


def _campaign(request: Request, pk: UUID) -> Campaign:
    return get_object_or_404(lists.campaigns_of(request.user), pk=pk)


def _tracks(count: int) -> str:
    return f"{count} track{'' if count == 1 else 's'}"


def left_key(pk: UUID) -> str:
    """Where the session keeps what an act left, until the board has shown it."""
    return f"left-{pk}"
