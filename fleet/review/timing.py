"""Publish at a chosen time: one review from its page, or several from the queue."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from fleet.review import queue
from fleet.review.actions.scheduling import schedule, unschedule
from fleet.review.answering import answer, refused, review_of
from fleet.review.models import Review
from fleet.review.refusal import CONFLICT, UNFIT, Refusal, attempt
from fleet.review.zones import UnusableTime, in_words, read_time, zone_called, zone_of
from registry.request import Request
from registry.roles import require

LONGEST_ID = 18
"""Digits of an id that PostgreSQL takes for one."""


@require_POST
def review_schedule(request: Request, pk: int) -> HttpResponse:
    """Have it go live at a time of the customer's day."""
    review, typed = review_of(request, pk), request.POST.get("at", "")
    require(request.user, "release", review.variant.tenant)
    ticked, zone = request.POST.get("acknowledged") == "1", zone_of(review.variant)
    at = _read(typed, zone.key)
    if isinstance(at, Refusal):
        return refused(request, review, at, "schedule", schedule_at=typed)
    done = attempt(lambda: schedule([review], at=at, by=request.user, acknowledged=ticked))
    if not isinstance(done, Refusal) and done.left:
        done = Refusal(done.left[0][1], CONFLICT)
    if isinstance(done, Refusal):
        return refused(request, review, done, "schedule", schedule_at=typed)
    messages.success(request, f"It goes live {in_words(at, zone)}.")
    return redirect(review)


@require_POST
def review_unschedule(request: Request, pk: int) -> HttpResponse:
    """Take the time back; the approval stands."""
    review = review_of(request, pk)
    said = "It is out of the schedule and stays approved."
    return answer(request, review, "unschedule", lambda: unschedule(review, by=request.user), said)


@require_POST
def review_schedule_all(request: Request) -> HttpResponse:
    """Have the ticked reviews go live at one time; the outcome names those that were left."""
    picked = _picked(request)
    zone = zone_called(request.POST.get("zone", ""))
    at = _read(request.POST.get("at", ""), zone.key)
    ticked = request.POST.get("acknowledged") == "1"
    if not isinstance(at, Refusal) and not picked:
        at = Refusal("Tick at least one approved review first.", UNFIT)
    if isinstance(at, Refusal):
        return _queue(request, at)
    done = attempt(lambda: schedule(picked, at=at, by=request.user, acknowledged=ticked))
    if isinstance(done, Refusal):
        return _queue(request, done)
    outcome = {"done": done.done, "left": done.left, "when": in_words(at, zone)}
    context = queue.context(request) | {"outcome": outcome}
    return render(request, "review/queue.html", context, status=409 if done.left else 200)


def _queue(request: Request, refusal: Refusal) -> HttpResponse:
    """The queue again with the dialog open, the ticks and what was typed."""
    typed = {name: request.POST.get(name, "") for name in ("at", "zone")}
    context = queue.context(request) | {
        "bulk_error": refusal.text, "typed": typed,
        "ticked": {review.pk for review in _picked(request)},
    }  # fmt: skip
    return render(request, "review/queue.html", context, status=refusal.status)


def _picked(request: Request) -> list[Review]:
    """The ticked reviews that this person may see."""
    ids = [
        int(value) for value in request.POST.getlist("reviews")
        if value.isdecimal() and len(value) <= LONGEST_ID
    ]  # fmt: skip
    return list(queue.reviews_of(request.user).filter(pk__in=ids[: queue.PAGE_ROWS]).order_by("pk"))


def _read(typed: str, zone: str) -> dt.datetime | Refusal:
    try:
        return read_time(typed, zone_called(zone))
    except UnusableTime as problem:
        return Refusal(str(problem), UNFIT)
