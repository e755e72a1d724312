"""The sign-in form: Django's, with a limit on how often it may be got wrong."""

from __future__ import annotations

import logging
import math
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from fleet.signin.limits import came_in, seconds_to_wait
from fleet.tries import address_of

log = logging.getLogger(__name__)


class SignInForm(AuthenticationForm):
    """Username and password. `wait`: seconds until the next try is looked at, 0 if it was."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Username and password do not go together. Capitals count in both.",
    }
    wait = 0

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Look at the password unless too many were wrong; a right one resets the count."""
        username = self.cleaned_data.get("username")
        if username is None or not self.cleaned_data.get("password"):
            return super().clean()
        assert self.request is not None, "signing in is done through a request"
        self.wait = seconds_to_wait(self.request, username)
        if self.wait:
            log.warning("Too many wrong sign-ins; this one from %s", address_of(self.request))
            raise ValidationError(too_many(self.wait), code="too_many")
        cleaned = super().clean()
        came_in(self.request, username)
        return cleaned


def too_many(seconds: int) -> str:
    """What somebody is told who has to wait so long."""
    minutes = math.ceil(seconds / 60)
    when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
    return (
        f"Too many wrong sign-ins. Try again {when}; until then no password is looked at, "
        "not even the right one."
    )
