"""A request as views see it: behind `LoginRequiredMiddleware` somebody is always signed in."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.models import User


class Request(HttpRequest):
    """Any page's request; only the sign-in page and the API meet anonymous ones."""

    user: User
    htmx: HtmxDetails
