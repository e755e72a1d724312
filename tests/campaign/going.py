"""Take a track along its way as people and workers do, one act at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fleet.campaign.actions import (
    approve_batch,
    open_campaign,
    record_sign_off,
    settle,
    start_evaluation,
)
from fleet.campaign.models import Campaign, Track
from registry import work
from registry.models import WorkItem, WorkState
from tests.builders import Fleet
from tests.evals.measured import measure
from tests.replay import Rows, record, replay

SIGNED = {"decision": "approved", "contact_name": "Carla", "reference": "mail"}


def opened(fleet: Fleet, **over: Any) -> Campaign:
    ends = {"source": fleet.old, "target": fleet.new, "name": "", "by": fleet.engineer}
    return open_campaign(**{**ends, **over})


def first(campaign: Campaign) -> Track:
    track = campaign.tracks.order_by("variant_id").first()
    assert track is not None
    return track


def go(track: Track) -> Track:
    """Evaluated with a go."""
    start_evaluation(track)
    track.refresh_from_db()
    assert track.run is not None
    settle(measure(track.run).run)
    track.refresh_from_db()
    return track


def ready(fleet: Fleet, track: Track) -> Track:
    """Evaluated, signed and approved."""
    record_sign_off(go(track), **SIGNED, by=fleet.manager)
    outcome = approve_batch([track], by=fleet.policy_owner, reason="")
    assert outcome.done, outcome.left
    return Track.objects.get(pk=track.pk)


def signed_first(fleet: Fleet) -> Track:
    """`ready(fleet, first(opened(fleet)))` of the usual fleet, from rows that were built once."""
    key = (fleet.prompt.pk, fleet.default.pk, fleet.engineer.pk)
    if key not in _SIGNED:
        track, rows = record(lambda: ready(fleet, first(opened(fleet))))
        _SIGNED[key] = track.pk, rows
    pk, rows = _SIGNED[key]
    replay(rows)
    return Track.objects.get(pk=pk)


_SIGNED: dict[tuple[int, ...], tuple[UUID, Rows]] = {}
"""Track and rows, by the fleet they refer to."""


def drain(kind: str, handle: Callable[[WorkItem], None]) -> int:
    """Do the waiting items of a kind as the worker would; how many there were."""
    found = list(WorkItem.objects.filter(kind=kind, state=WorkState.QUEUED))
    for item in found:
        mine = work.claim(item.pk)
        if mine is not None:  # else another one took it along
            handle(mine)
    return len(found)
