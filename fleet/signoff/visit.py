"""The outside reader's own small session: one signed cookie, good for one link alone.

It is not the product's session: whoever is signed in there gains nothing on these pages and
loses nothing. It proves that a form comes from a page this browser was given, and remembers
what was chosen blind. Who somebody is, only the mailed code tells.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from fleet.signoff.models import SignOffLink

COOKIE = "fleet_sign_off"
HOURS = 12
"""After so long a page that is still open has to be loaded again."""


@dataclass(frozen=True)
class Visit:
    """One browser at one link. `picks`: question -> side; `done`: it decided here."""

    nonce: str
    picks: dict[int, str] = field(default_factory=dict)
    done: bool = False
    fresh: bool = False

    def picked(self, case: int, side: str) -> Visit:
        """The visit with one choice more; the first one stands."""
        return replace(self, picks={case: side, **self.picks})

    @property
    def form_token(self) -> str:
        """What a form of this visit carries."""
        return salted_hmac("fleet.signoff.form", self.nonce, algorithm="sha256").hexdigest()


def visit_of(request: HttpRequest, link: SignOffLink) -> Visit:
    """This browser's visit; a new one where its cookie is missing, foreign or too old."""
    try:
        told: dict[str, Any] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_salt(link), max_age=HOURS * 3600
        )
        picks = {int(case): str(side) for case, side in told["p"].items()}
        return Visit(str(told["n"]), picks, bool(told["d"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError, AttributeError):
        return Visit(secrets.token_urlsafe(16), fresh=True)


def comes_from(visit: Visit, request: HttpRequest) -> bool:
    """Whether a form was made for this visit.

    Django's own check of the origin cannot be used here: under `Referrer-Policy: no-referrer`
    browsers send `Origin: null` with a form (Fetch standard, “append a request Origin header”).
    """
    typed = request.POST.get("form", "")
    return not visit.fresh and constant_time_compare(typed, visit.form_token)


def remember(response: HttpResponse, link: SignOffLink, visit: Visit, path: str) -> HttpResponse:
    """Give the browser its visit; `path`: the link's, so that it goes nowhere else."""
    told = {"n": visit.nonce, "p": visit.picks, "d": visit.done}
    response.set_cookie(
        COOKIE, signing.dumps(told, salt=_salt(link)), path=path, httponly=True,
        samesite="Strict", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return response


def _salt(link: SignOffLink) -> str:
    return f"fleet.signoff.visit:{link.pk}"
