"""What every page outside of the log-in has around it: headers, refusals, nobody signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from fleet.signoff.guesses import too_many
from fleet.signoff.holding import LinkRefused, Problem
from fleet.signoff.opening import language_for
from fleet.signoff.words import company

View = Callable[..., HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    ["default-src 'none'", "style-src 'self'", "img-src data:", "form-action 'self'",
     "base-uri 'none'", "frame-ancestors 'none'"]
)  # fmt: skip
"""Our own style sheet and our own forms; no script at all."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
}


def outside(view: View) -> View:
    """A page for whoever holds a link: no log-in asked for, none heeded, refusals in words.

    Forms are checked by the visit's own token (`visit.comes_from`), not by Django's.
    """

    @wraps(view)
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        # Somebody of ours who opens the link must not sign the trail in the customer's place.
        request.user = AnonymousUser()
        try:
            response = view(request, token, *args, **kwargs)
        except LinkRefused as refused:
            response = _refusal(request, token, refused.problem)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        # Django logs the address of every 4xx, and this address is a secret.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    return login_not_required(csrf_exempt(guarded))


def _refusal(request: HttpRequest, token: str, problem: Problem) -> HttpResponse:
    say, reason, status = language_for(request, token), problem.value, HTTPStatus.GONE
    if problem == Problem.UNKNOWN:
        busy = too_many(request)
        reason = "busy" if busy else reason
        status = HTTPStatus.TOO_MANY_REQUESTS if busy else HTTPStatus.NOT_FOUND
    context = {
        "say": say, "lang": say.locale, "reason": say[f"no_{reason}"], "company": company(),
    }  # fmt: skip
    return render(request, "signoff/refused.html", context, status=status)
