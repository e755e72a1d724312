"""Acts on a variant's stages: try out, start a canary, take it on, stop it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.release.actions import (
    next_step,
    promote,
    put_on_staging,
    start_canary,
    start_shadow,
    stop_canary,
    stop_shadow,
    take_off_staging,
)
from fleet.release.actions.canary import percent
from fleet.release.acts import Typed
from fleet.release.forms import plan_of, rows_of
from fleet.release.judgement import judge
from fleet.release.models import Release, Stage
from fleet.release.page import stages_context
from fleet.release.plan import UnfitPlan
from fleet.review.refusal import UNFIT, Refusal, attempt
from registry.border import UnusableText
from registry.models import Revision, Variant
from registry.request import Request
from registry.roles import require

STOPS = {
    Stage.CANARY: ("stop", stop_canary), Stage.SHADOW: ("unshadow", stop_shadow),
    Stage.STAGING: ("unstage", take_off_staging),
}  # fmt: skip
"""Stage -> the name of its end on the page, and the action."""


@require_safe
def variant_stages(request: Request, pk: int) -> HttpResponse:
    """What gets which share here, and what comes next?"""
    return _page(request, _variant(request, pk), None, None, 200)


@require_POST
def variant_staging(request: Request, pk: int) -> HttpResponse:
    """Let staging keys fetch a revision."""
    revision, why = _revision(request, pk), request.POST.get("why", "")
    return _done(
        request, revision.variant, "staging", revision,
        lambda: put_on_staging(revision, by=request.user, reason=why),
        "Revision {number} is on staging. Callers of the live prompt notice nothing.",
    )  # fmt: skip


@require_POST
def variant_shadow(request: Request, pk: int) -> HttpResponse:
    """Run a revision beside what is live."""
    revision, why = _revision(request, pk), request.POST.get("why", "")
    return _done(
        request, revision.variant, "shadow", revision,
        lambda: start_shadow(revision, by=request.user, reason=why),
        "Revision {number} runs in the shadow. Everybody gets what they got before.",
    )  # fmt: skip


@require_POST
def variant_canary(request: Request, pk: int) -> HttpResponse:
    """Give a revision its first share of sessions."""
    revision, why = _revision(request, pk), request.POST.get("why", "")
    review = getattr(revision, "review", None)
    if review is None:
        raise Http404("This revision has no review.")
    rows = rows_of(request.POST.getlist("percent"), request.POST.getlist("minutes"))
    return _done(
        request, revision.variant, "canary", revision,
        lambda: start_canary(
            review, by=request.user, plan=plan_of(rows), reason=why,
            by_time=request.POST.get("by_time") == "1", acknowledged=_ticked(request),
        ),
        "The canary of revision {number} has started with {share} of sessions.",
    )  # fmt: skip


@require_POST
def release_next(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Give a canary the share of its next step."""
    release, step = _release(request, pk), request.POST.get("step", "")
    at = int(step) if step.isascii() and step.isdigit() and len(step) < 4 else -1
    return _done(
        request, release.variant, "next", None,
        lambda: next_step(release, by=request.user, step=at, acknowledged=_ticked(request)),
        "Revision {number} gets {share} of sessions.",
    )  # fmt: skip


@require_POST
def release_promote(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Make a canary live for everybody."""
    release, why = _release(request, pk), request.POST.get("why", "")
    return _done(
        request, release.variant, "promote", None,
        lambda: promote(release, by=request.user, reason=why, acknowledged=_ticked(request)),
        "Revision {number} is live for all. {judged} No other variant was touched.",
    )  # fmt: skip


@require_POST
def release_stop(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Stop a canary or a shadow, or take a revision off staging."""
    release, why = _release(request, pk), request.POST.get("why", "")
    name, stop = STOPS.get(Stage(release.stage), STOPS[Stage.CANARY])
    return _done(
        request, release.variant, name, None,
        lambda: stop(release, by=request.user, reason=why),
        "Revision {number} was taken back. Everybody gets what is live.",
    )  # fmt: skip


def _done(
    request: Request, variant: Variant, name: str, revision: Revision | None,
    act: Callable[[], Release], said: str,
) -> HttpResponse:  # fmt: skip
    """Do it, say so and go back to where it was asked for; or the dialog again with why not."""
    outcome = _attempt(act)
    if isinstance(outcome, Refusal):
        return _page(request, variant, revision, _typed(request, name, outcome), outcome.status)
    number, share = outcome.revision.number, percent(outcome.share)
    messages.success(request, said.format(number=number, share=share, judged=judge(outcome).words))
    review = getattr(outcome.revision, "review", None)
    return redirect(review if review and request.POST.get("back") == "review" else variant)


def _attempt(act: Callable[[], Release]) -> Release | Refusal:
    try:
        return attempt(act)
    except (UnfitPlan, UnusableText) as unfit:
        return Refusal(str(unfit), UNFIT)


def _typed(request: Request, name: str, refusal: Refusal) -> Typed:
    post = request.POST
    return Typed(
        name, refusal.text, refusal.reasons, post.get("why", ""),
        rows_of(post.getlist("percent"), post.getlist("minutes")) if "percent" in post else (),
        post.get("by_time") == "1",
    )  # fmt: skip


def _page(
    request: Request, variant: Variant, revision: Revision | None, typed: Typed | None, status: int
) -> HttpResponse:
    context = stages_context(variant, revision, request.user, typed)
    shown = typed is not None and any(act.typed for act in context["stages"].acts)
    context |= {"variant": variant, "problem": typed.problem if typed and not shown else ""}
    return render(request, "release/variant/stages.html", context, status=status)


def _ticked(request: Request) -> bool:
    return request.POST.get("acknowledged") == "1"


def _variant(request: Request, pk: int) -> Variant:
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    return get_object_or_404(found, pk=pk)


def _revision(request: Request, pk: int) -> Revision:
    """The revision that the form names, for who may release; 404 when it is another variant's."""
    variant = _variant(request, pk)
    require(request.user, "release", variant.tenant)
    try:
        wanted = uuid.UUID(request.POST.get("revision", ""))
    except ValueError:
        raise Http404("No revision has this id.") from None
    revision = get_object_or_404(variant.revisions.select_related("review"), pk=wanted)
    revision.variant = variant
    return revision


def _release(request: Request, pk: uuid.UUID) -> Release:
    visible = Variant.objects.visible_to(request.user)
    rows = Release.objects.filter(variant__in=visible)
    return get_object_or_404(
        rows.select_related("variant__tenant", "variant__prompt", "revision"), pk=pk
    )
