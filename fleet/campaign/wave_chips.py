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
    counts: dict[int, list[int]] = {}
    one_of: dict[int, Row] = {}
    for row in rows:
        line = row.line
        number = line.wave_number
        if number is None:
            continue
        if number not in counts:
            counts[number], one_of[number] = [0, 0], row
        counts[number][0] += 1
        if line.stage in SERVING:
            counts[number][1] += 1
    view = view_of(asked)
    return [
        _line(one_of[number].line, *counts[number], link(campaign, view, wave=str(number)), may_act)
        for number in sorted(counts)
    ]


def _line(line: Line, total: int, through: int, url: str, may_act: bool) -> WaveLine:
    why = line.wave_paused_why if line.wave_paused_at else None
    return WaveLine(
        line.wave_number or 0, line.wave, line.wave_starts_on, why, total, through, url, may_act
    )
