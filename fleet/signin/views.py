"""The sign-in page; in the local demo it lists the demo people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from fleet.demo import logins
from fleet.signin.forms import SignInForm
from registry.models import User


class SignIn(LoginView):
    """Django's sign-in with the demo's people beside it, where there are any."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again; 429 and when to come back after too many wrong tries."""
        response = super().form_invalid(form)
        assert isinstance(form, SignInForm), "it is the view's own form"
        if form.wait:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(form.wait)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add `demo_logins`: (role, username, password) rows, empty outside the local demo."""
        context = super().get_context_data(**kwargs)
        context["demo_logins"] = demo_people() if settings.LOCAL else []
        return context


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """The workshop has no door of its own: its visitors sign in where everybody does.

    Who is in and may not enter the workshop is told so; Django would ask for a password again,
    at a form without a limit.
    """
    to = request.GET.get("next") or reverse("admin:index")
    if request.user.is_anonymous:
        return redirect_to_login(to)
    if not (request.user.is_active and request.user.is_staff):
        raise PermissionDenied(NOT_STAFF)
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    return redirect(to if ours else "admin:index")


NOT_STAFF = "The workshop is for operators. Ask one if you need something changed there."


def demo_people() -> list[tuple[str, str, str]]:
    """(role, username, password) of the demo people that are there; none under `--no-demo`."""
    rows = logins()
    there = User.objects.filter(username__in=[username for _, username, _ in rows])
    known = set(there.values_list("username", flat=True))
    return [row for row in rows if row[1] in known]
