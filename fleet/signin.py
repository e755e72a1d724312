"""The sign-in page; in the local demo it lists the demo people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from fleet.demo import logins
from registry.models import User


class SignIn(LoginView):
    """Django's sign-in with the demo's people beside it, where there are any."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add `demo_logins`: (role, username, password) rows, empty outside the local demo."""
        context = super().get_context_data(**kwargs)
        context["demo_logins"] = demo_people() if settings.LOCAL else []
        return context


def demo_people() -> list[tuple[str, str, str]]:
    """(role, username, password) of the demo people that are there; none under `--no-demo`."""
    rows = logins()
    there = User.objects.filter(username__in=[username for _, username, _ in rows])
    known = set(there.values_list("username", flat=True))
    return [row for row in rows if row[1] in known]
