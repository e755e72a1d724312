"""Who goes in which wave, and when each wave starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Max

from fleet.campaign.actions.plan_rows import (
    CannotPlan,
    open_rows,
    planned,
    tell,
    text_of,
    unfinished,
    write,
)
from fleet.campaign.models import Campaign, Track, TrackStage, Wave
from registry import events
from registry.models import User

EARLY = (
    TrackStage.QUEUED, TrackStage.EVALUATING, TrackStage.NEEDS_WORK,
    TrackStage.AWAITING_SIGN_OFF, TrackStage.SIGNED_OFF, TrackStage.DEFERRED,
)  # fmt: skip
"""Stages in which a track may still change its wave: it has no time yet."""

MOST_WAVES = 20


@transaction.atomic
def set_waves(
    campaign: Campaign, groups: Sequence[Collection[int]], *, by: User,
    starts: Sequence[dt.date | None] = (),
) -> list[Wave]:  # fmt: skip
    """Put a plan's variants into waves 1, 2, 3 …: those of each group, anew.

    `starts`: each wave's first day. Variants in no group are in no wave. Raises NotAllowed,
    CannotPlan.
    """
    campaign = planned(campaign, by)
    if len(groups) > MOST_WAVES:
        raise CannotPlan(f"At most {MOST_WAVES} waves, please.")
    waves = [_wave(campaign, number + 1) for number in range(len(groups))]
    for wave, day in zip(waves, starts, strict=False):
        wave.starts_on = day
        wave.save(update_fields=["starts_on"])
    wave_of = {pk: wave.pk for wave, group in zip(waves, groups, strict=True) for pk in group}
    tracks = list(campaign.tracks.select_for_update(no_key=True))
    write(tracks, "wave_id", lambda track: wave_of.get(track.variant_id), by)
    for extra in campaign.waves.filter(number__gt=len(groups)):
        extra.delete()
    events.record("campaign.waves_set", campaign, by, waves=len(waves))
    return waves


def _wave(campaign: Campaign, number: int) -> Wave:
    return Wave.objects.get_or_create(campaign=campaign, number=number)[0]


@transaction.atomic
def add_wave(campaign: Campaign, *, by: User) -> Wave:
    """One more wave, the last. Raises NotAllowed, CannotPlan."""
    campaign = planned(campaign, by)
    last = campaign.waves.aggregate(last=Max("number"))["last"] or 0
    if last >= MOST_WAVES:
        raise CannotPlan(f"At most {MOST_WAVES} waves, please.")
    wave = Wave.objects.create(campaign=campaign, number=last + 1)
    events.record("campaign.wave_added", campaign, by, wave=wave.number)
    return wave


@transaction.atomic
def change_wave(
    wave: Wave, *, by: User, name: str | None = None, starts_on: dt.date | None = None
) -> Wave:
    """Name a wave and say on which day it starts; None: on any. Raises NotAllowed, CannotPlan."""
    unfinished(wave.campaign, by)
    if name is not None:
        wave.name = text_of(name).strip()[: Wave._meta.get_field("name").max_length]
    wave.starts_on = starts_on
    wave.save(update_fields=["name", "starts_on"])
    day = starts_on.isoformat() if starts_on else None
    events.record("campaign.wave_changed", wave.campaign, by, wave=wave.number, starts_on=day)
    return wave


@transaction.atomic
def remove_wave(wave: Wave, *, by: User) -> None:
    """Take a wave out of a plan; its variants stay, in none. Raises NotAllowed, CannotPlan."""
    campaign = planned(wave.campaign, by)
    number = wave.number
    wave.delete()
    events.record("campaign.wave_removed", campaign, by, wave=number)


@transaction.atomic
def assign_wave(
    campaign: Campaign, tracks: Collection[Track], wave: Wave | None, *, by: User
) -> int:
    """Put tracks into a wave, or into none; how many. Raises NotAllowed, CannotPlan."""
    rows = open_rows(campaign, tracks, EARLY, by, "It has its time already")
    if wave is not None and wave.campaign_id != campaign.pk:
        raise CannotPlan("That wave is another campaign's.")
    write(rows, "wave_id", lambda _: wave.pk if wave else None, by)
    tell(campaign, rows, "wave_assigned", by, wave=wave.number if wave else None)
    return len(rows)
