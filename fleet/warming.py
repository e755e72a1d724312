"""When a worker loads what the lint needs: before a cutover, not before an evaluation.

The lexicons and the sentence encoder take some 180 MiB a process and seconds to load. A worker
that only asks models needs neither; a first cutover must not wait for them.
"""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError

from fleet.campaign.actions import CUT_OVER_KIND, EVALUATE_KIND
from fleet.campaign.models import Track

BEFORE_LINTS = frozenset({CUT_OVER_KIND, EVALUATE_KIND})
"""Work of a migration: whoever does it will be asked to cut over, if not now."""


def warm_for(kind: str) -> None:
    """Load it, in the background, where work of this kind says that it will be wanted."""
    if kind in BEFORE_LINTS:
        warm_once()


def warm_for_open_tracks() -> None:
    """Load it at a worker's start where a migration is under way; also where nobody can say."""
    try:
        if not Track.objects.filter(closed_at__isnull=True).exists():
            return
    except DatabaseError:
        pass
    warm_once()


@cache
def warm_once() -> None:
    """Load it, in the background, once a process."""
    from registry.guardrails import semantics
    from registry.guardrails.warming import warm

    warm()
    semantics.warm()
