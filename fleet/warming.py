"""When a worker loads what the lint needs: once a cutover is near, not while models are asked.

The lexicons and the sentence encoder take some 180 MiB a process and seconds to load. A worker
that only asks models needs neither; a first cutover must not wait for them.
"""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError

from fleet.campaign.actions import CUT_OVER_KIND
from fleet.campaign.models import Track, TrackStage

BEFORE_LINTS = frozenset({CUT_OVER_KIND})
"""Work whose next of its kind will want it, if not this one."""

MEASURED = (TrackStage.QUEUED, TrackStage.EVALUATING)


def warm_for(kind: str) -> None:
    """Load it, in the background, where work of this kind says that it will be wanted."""
    if kind in BEFORE_LINTS:
        warm_once()


def warm_for_open_tracks() -> None:
    """Load it where tracks are on their way to a cutover and none is being measured just now.

    Asked at a worker's start and by each tick. Loads it too where nobody can say.
    """
    if warm_once.cache_info().currsize:
        return
    try:
        going = Track.objects.filter(closed_at__isnull=True)
        stages = set(going.order_by().values_list("stage", flat=True).distinct())
    except DatabaseError:
        stages = {TrackStage.SIGNED_OFF.value}
    if stages and stages.isdisjoint(MEASURED):
        warm_once()


@cache
def warm_once() -> None:
    """Load it, in the background, once a process."""
    from registry.guardrails import semantics
    from registry.guardrails.warming import warm

    warm()
    semantics.warm()
