"""What a row of a board says, as values that its template shows; see `registry.fragments`."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.utils.safestring import SafeString

from fleet.campaign.rows import Row
from registry.fragments import fragment
from registry.templatetags.fleet_ui import time_ago


class Frame(NamedTuple):
    """What all rows of a page have in common: may they be ticked, do they name their prompt,
    have they a column for the wave."""

    is_open: bool
    many_prompts: bool
    waved: bool


class Cells(NamedTuple):
    """One row. `called`: customer with locale and lane; `share` and rates in proportion."""

    frame: Frame
    track: UUID
    name: str
    called: str
    prompt: str
    stage: str
    stage_label: str
    is_paused: bool
    verdict: str | None
    old_rate: float | None
    new_rate: float | None
    regressed: bool
    run: UUID | None
    sentence: str
    turn: str
    words: str
    gave_up: bool
    wave: str
    share: float | None
    owners: tuple[str, ...]
    since: SafeString

    @classmethod
    def of(cls, row: Row, frame: Frame) -> Cells:
        """The cells of a row."""
        line = row.line
        return cls(
            frame, line.pk, row.name, f"{line.customer}{line.suffix}", line.prompt, line.stage,
            line.stage_label, bool(row.facts.paused), line.verdict, line.baseline_pass_rate,
            line.pass_rate, line.regressed, line.run_id, row.sentence, row.turn.label,
            row.turn.words, bool(row.dead), line.wave, row.share, tuple(row.owners),
            time_ago(line.changed_at),
        )  # fmt: skip


in_table = fragment("campaign/_row.html")
"""A row of the table."""

as_card = fragment("campaign/_card.html")
"""A card of the columns."""
