"""Hours that the demo's people noted before it begins, through the action the pages call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone

from fleet.demo import files
from fleet.ledger.actions import note_hours
from fleet.ledger.models import Effort
from registry.models import User, Variant


def load_hours(people: Mapping[str, User]) -> None:
    """Note what was not noted yet. What somebody took back is not brought again."""
    today = timezone.localdate()
    known = set(Effort.history.values_list("variant_id", "what"))
    for row in files.toml("hours.toml")["hours"]:
        variants = Variant.objects.filter(tenant__slug=row["tenant"], prompt__slug=row["prompt"])
        variant = variants.select_related("tenant", "prompt").order_by("pk").first()
        if variant is None or (variant.pk, row["what"]) in known:
            continue
        note_hours(
            variant, hours=Decimal(row["hours"]), what=row["what"], by=people[row["by"]],
            on=today - dt.timedelta(days=row["days_ago"]),
        )  # fmt: skip
