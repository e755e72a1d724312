"""The waves of a board: how far each is, and whether it is held still."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.http import QueryDict

from fleet.campaign.address import link, view_of
from fleet.campaign.models import SERVING, Campaign
from fleet.campaign.rows import Row
from fleet.campaign.sheet import Line
from registry.fragments import fragment


class WaveLine(NamedTuple):
    """One wave: `through` of its `total` tracks are. `paused_why` is None while it goes on;
    `may_act`: whether the reader may pause and resume it."""

    number: int
    name: str
    starts_on: dt.date | None
    paused_why: str | None
    total: int
    through: int
    url: str
    may_act: bool


as_chip = fragment("campaign/_wave.html")
"""A wave above the table."""


def waves_of(
    campaign: Campaign, rows: Sequence[Row], asked: QueryDict, *, may_act: bool
) -> list[WaveLine]:
    """The waves that hold a track, in their order; counted in one pass over the rows."""
    first: dict[int, Line] = {}
    total: dict[int, int] = {}
    through: dict[int, int] = {}
    for row in rows:
        line = row.line
        if (number := line.wave_number) is None:
            continue
        first.setdefault(number, line)
        total[number] = total.get(number, 0) + 1
        if line.stage in SERVING:
            through[number] = through.get(number, 0) + 1
    view = view_of(asked)
    return [
        WaveLine(
            number, line.wave, line.wave_starts_on,
            line.wave_paused_why if line.wave_paused_at else None, total[number],
            through.get(number, 0), link(campaign, view, wave=str(number)), may_act,
        )
        for number, line in sorted(first.items())
    ]  # fmt: skip
