"""One variant in a dry run: its text now beside its text under the draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fleet.blast.models import BlastRadius, BlastRow
from fleet.review.actions import live_revision
from registry.compose import ComposeError, Slot, compose
from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.models import Revision


@dataclass(frozen=True)
class Beside:
    """Both texts line by line; `problem` says why there is no new one."""

    live: Revision
    rows: list[DiffRow]
    problem: str

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)


def beside(row: BlastRow) -> Beside | None:
    """The live text against the draft's, from the pins that are live now; None: none is live."""
    live = live_revision(row.variant)
    if live is None:
        return None
    try:
        text = composed(row.radius, live)
    except ComposeError as why:
        return Beside(live, [], str(why))
    return Beside(live, side_by_side(live.text, text, context=CONTEXT_LINES), "")


CONTEXT_LINES = 3
"""Unchanged lines shown around a change."""


def composed(radius: BlastRadius, live: Revision) -> str:
    """The text a variant would get: one layer from the draft, the others as they are live."""
    overlay: dict[str, Any] = live.overlay_version.values if live.overlay_version else {}
    draft = radius.document
    if radius.base_id:
        slots = [Slot.from_json(row) for row in draft["slots"]]
        return compose(live.policy_version.text, draft["text"], slots, overlay).text
    base = live.base_version
    return compose(draft["text"], base.text, base.slot_list, overlay).text
