"""Reviews taken to where a canary may start, and what callers then get."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from fleet.release.actions import start_canary
from fleet.release.models import Release, Served
from fleet.release.plan import DEFAULT, Plan
from fleet.review.actions import approve
from fleet.review.models import Review
from registry.models import Variant
from tests.builders import Fleet, build_fleet
from tests.release.test_invariants import reviewed
from tests.replay import again


def approved(fleet: Fleet, variant: Variant, tone: str = "Be brief.") -> Review:
    """A review that somebody who did not write it has approved."""
    review = reviewed(fleet, variant, tone)
    approve(review, by=fleet.policy_owner)
    return Review.objects.select_related("variant", "revision").get(pk=review.pk)


def canary(
    fleet: Fleet, variant: Variant, *, plan: Plan = DEFAULT, by_time: bool = False
) -> Release:
    """A canary at its first step."""
    review = approved(fleet, variant)
    return start_canary(review, by=fleet.engineer, plan=plan, by_time=by_time)


def usual_canary() -> tuple[Fleet, Release]:
    """A fleet whose first variant has a canary at its first step, built once a process."""
    return again(_canary_of_the_first)


def _canary_of_the_first() -> tuple[Fleet, Release]:
    fleet = build_fleet()
    return fleet, canary(fleet, fleet.variants[0])


def soak(release: Release, **ago: float) -> Release:
    """As if the canary's present step had begun so long ago."""
    since = timezone.now() - dt.timedelta(**ago)
    Release.objects.filter(pk=release.pk).update(step_at=since)
    release.refresh_from_db()
    return release


def served(variant: Variant) -> dict[str, Any]:
    """The answer that callers without a session get."""
    body: dict[str, Any] = json.loads(Served.objects.get(variant=variant).body)
    return body


def canary_body(variant: Variant) -> dict[str, Any]:
    """The answer that sessions of the canary get."""
    body: dict[str, Any] = json.loads(Served.objects.get(variant=variant).canary_body)
    return body
