"""Model targets: what their makers announce."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from registry import events
from registry.models import ModelTarget, User
from registry.roles import require


class UnusableDate(ValueError):
    """The retirement date makes no sense; the message says why."""


@transaction.atomic
def announce_retirement(
    target: ModelTarget, *, retires_on: dt.date, source: str, by: User
) -> ModelTarget:
    """Record the day a provider retires a model, with where that was read."""
    require(by, "manage_models")
    if not source.strip():
        raise UnusableDate("Say where the date was read, for example the provider's page.")
    target = ModelTarget.objects.select_for_update(no_key=True).get(pk=target.pk)
    target.retires_on, target.retires_source = retires_on, source.strip()
    target.retires_checked_on = timezone.localdate()
    target.announced_at = timezone.now()
    target.save()
    events.record(
        "modeltarget.retirement_announced", target, by, source, retires_on=retires_on.isoformat()
    )
    return target
