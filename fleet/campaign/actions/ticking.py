"""The clock of the campaigns: owe each track the step that is due, and take it.

`ring_due` asks PostgreSQL what is due and writes a work item for each; nothing else knows
what a track waits for, so what a lost broker, a killed worker or a second beat left behind is
found again by the next tick. A step looks at its track under lock before it does anything: a
second delivery finds it done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evals.models import RunStage
from fleet.campaign.actions.aside import take_in_again
from fleet.campaign.actions.cutover import cut_over_at_its_time, take_canary_on_in_time
from fleet.campaign.actions.evaluation import (
    EVALUATE_KIND,
    evaluation_of,
)
from fleet.campaign.actions.settling import settle
from fleet.campaign.actions.watching import begin_watch, look_after
from fleet.campaign.models import CampaignStage, Track, TrackStage
from fleet.release.models import Stage
from fleet.release.plan import due_at, read_plan
from fleet.review.actions import Blocked
from registry import work
from registry.models import WorkItem

STEP_KIND = "track_step"

REST = dt.timedelta(seconds=30)
"""How long a step that changed nothing waits until it is tried again."""

Owed = tuple[str, dict[str, Any]]


def ring_due() -> int:
    """Owe every due step of every running campaign one work item; how many are due."""
    steps = list(_steps(_going()))
    begun = [evaluation_of(track) for track in _unmeasured(_going())]
    work.enqueue_many(STEP_KIND, steps)
    work.enqueue_many(EVALUATE_KIND, begun)
    work.renew([key for key, _ in (*steps, *begun)], rest=REST, dead=False)
    return len(steps) + len(begun)


def _going() -> Any:
    """Tracks that nothing holds still."""
    still = Q(paused_at__isnull=True, campaign__paused_at__isnull=True)
    wave = Q(wave__isnull=True) | Q(wave__paused_at__isnull=True)
    return Track.objects.filter(still, wave, campaign__stage=CampaignStage.RUNNING).order_by("pk")


def _unmeasured(going: Any) -> Any:
    """Tracks that wait for their evaluation to begin."""
    waits = Q(stage=TrackStage.QUEUED) | Q(stage=TrackStage.EVALUATING, run__isnull=True)
    return going.filter(waits).only("pk", "moves")


def _steps(going: Any) -> Iterator[Owed]:
    now, today = timezone.now(), timezone.localdate()
    over = Q(stage=TrackStage.EVALUATING, run__stage__in=[RunStage.DONE, RunStage.CANCELLED])
    due = {
        "settle": over,
        "cut_over": Q(stage=TrackStage.SCHEDULED, scheduled_for__lte=now),
        "watch": Q(stage=TrackStage.CUT_OVER),
        "look_after": Q(stage=TrackStage.WATCHED, watch_until__lte=now),
        "take_in": Q(stage=TrackStage.DEFERRED, deferred_until__lte=today),
    }
    for name, condition in due.items():
        for pk, moves in going.filter(condition).values_list("pk", "moves"):
            yield _owed(name, pk, moves)
    yield from _canaries(going, now)


def _canaries(going: Any, now: dt.datetime) -> Iterator[Owed]:
    """Canaries whose soak time is over, and those that were stopped on their own page."""
    running = going.filter(stage=TrackStage.CANARY).values_list(
        "pk", "moves", "release__stage", "release__plan", "release__step", "release__step_at",
        "campaign__by_time",
    )  # fmt: skip
    for pk, moves, stage, plan, at, since, by_time in running:
        soaked = by_time and since and due_at(read_plan(plan), at, since) <= now
        if stage != Stage.CANARY or soaked:
            yield _owed("canary", pk, moves, str(at))


def _owed(name: str, pk: Any, moves: int, more: str = "") -> Owed:
    key = f"step:{name}:{pk}:{moves}" + (f":{more}" if more else "")
    return key, {"track": str(pk), "step": name, "moves": moves}


@transaction.atomic
def take_step(item: WorkItem) -> None:
    """Take the step an item owes, unless its track moved on since."""
    track = Track.objects.select_related("variant").get(pk=item.payload["track"])
    if track.moves == item.payload["moves"]:
        STEPS[item.payload["step"]](track)
    work.finish(item)


def _settle(track: Track) -> None:
    if track.run is not None:
        settle(track.run)


def _take_in(track: Track) -> None:
    try:
        take_in_again(track, by=None)
    except Blocked:
        return


STEPS: dict[str, Callable[[Track], object]] = {
    "settle": _settle,
    "cut_over": cut_over_at_its_time,
    "canary": take_canary_on_in_time,
    "watch": begin_watch,
    "look_after": look_after,
    "take_in": _take_in,
}
"""What each step does; an evaluation begins by a kind of work item of its own."""
