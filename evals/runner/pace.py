"""Turns and pauses of providers, for all processes: PostgreSQL keeps them."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from evals.models import ProviderPace

_TAKE = """
INSERT INTO evals_providerpace AS pace (provider, next_at)
VALUES (%(provider)s, clock_timestamp() + %(span)s * interval '1 second')
ON CONFLICT (provider) DO UPDATE
SET next_at = greatest(pace.next_at, clock_timestamp()) + %(span)s * interval '1 second'
RETURNING extract(epoch FROM next_at - clock_timestamp())
"""

_HOLD = """
INSERT INTO evals_providerpace AS pace (provider, next_at)
VALUES (%(provider)s, clock_timestamp() + %(span)s * interval '1 second')
ON CONFLICT (provider) DO UPDATE SET next_at = greatest(pace.next_at, EXCLUDED.next_at)
"""


def take_turns(provider: str, calls_a_minute: float, turns: int) -> list[float]:
    """Take so many turns, evenly spaced: the seconds from now at which each call may be made.

    One statement, so that two processes never take the same turn.
    """
    gap = 60 / calls_a_minute
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"provider": provider, "span": gap * turns})
        end = float(cursor.fetchone()[0])
    return [end - gap * (turns - n) for n in range(turns)]


def hold(provider: str, seconds: float) -> None:
    """Nobody asks the provider for so long."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"provider": provider, "span": seconds})


def holds() -> dict[str, float]:
    """Provider -> seconds until it may be asked, where that lies ahead; one query."""
    now = timezone.now()
    found = ProviderPace.objects.filter(next_at__gt=now).values_list("provider", "next_at")
    return {provider: (at - now).total_seconds() for provider, at in found}
