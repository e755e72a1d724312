"""The review that an address names, and what its page answers when an act was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from fleet.review import page
from fleet.review.models import Review
from fleet.review.queue import reviews_of
from fleet.review.refusal import Refusal, attempt
from registry.request import Request

SHOWN_BY = {
    "approve": "may_decide", "accept_risk": "may_decide", "reject": "may_decide",
    "withdraw": "may_withdraw",
    "request_changes": "may_ask", "resume": "may_resume", "break_glass": "may_break_glass",
    "schedule": "may_release", "unschedule": "may_unschedule", "publish": "may_release",
}  # fmt: skip
"""Act -> the power with which its dialog is on the page, and so keeps what was typed."""


def review_of(request: Request, pk: int) -> Review:
    """The review, if this person may see it; else 404."""
    return get_object_or_404(reviews_of(request.user), pk=pk)


def answer(
    request: Request, review: Review, act: str, do: Callable[[], Any], said: str
) -> HttpResponse:
    """Do it and go back to the page, or show the page again with what stood in the way."""
    done = attempt(do)
    if isinstance(done, Refusal):
        return refused(request, review, done, act)
    messages.success(request, said)
    return redirect(review)


def refused(
    request: Request, review: Review, refusal: Refusal, act: str, **typed: Any
) -> HttpResponse:
    """The page again, with what stood in the way and what was typed.

    Where the dialog is gone, since somebody was faster, the words stand beside the refusal.
    """
    review, why = review_of(request, review.pk), request.POST.get("why", "")
    shown = page.context(
        request, review, refusal=refusal, refused=act,
        **{f"{act}_error": refusal.text, f"{act}_typed": why}, **typed,
    )  # fmt: skip
    if not getattr(shown["powers"], SHOWN_BY.get(act, ""), False):
        shown["lost"] = why
    return render(request, "review/detail.html", shown, status=refusal.status)
