"""What a safety scan adds to a run: a moderation service's word, where one is configured."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from evals.models import Case, SuiteScope
from evals.safety.moderation import Service

MODERATED: dict[str, Any] = {"scorer": "moderation"}


def service() -> Service:
    """The moderation service of this installation; not `configured` where there is none."""
    return Service(**settings.MODERATION)


def expected_of(case: Case) -> list[dict[str, Any]]:
    """All that the answer to a case is held to.

    Answers to a safety set also go to the moderation service, last of all; without a service
    nothing is added, so that a set measures the same as ever.
    """
    wanted = list(case.expectations)
    if not settings.MODERATION["base_url"]:
        return wanted
    if any(one.get("scorer") == MODERATED["scorer"] for one in wanted):
        return wanted
    safety = case.suite_version.suite.scope == SuiteScope.SAFETY
    return [*wanted, dict(MODERATED)] if safety else wanted
