"""Earlier drafts as a page: the sittings, and one of them beside what is there now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.authoring.earlier import Sitting, sittings
from fleet.authoring.form import first_values, open_draft, opened_edition
from fleet.authoring.ground import ground_of
from registry.diff import DiffRow, side_by_side
from registry.models import OverlayDraft, Variant


@dataclass
class DraftsPage:
    """`shown` is the sitting that is compared with `now`; None when there is none."""

    sittings: list[Sitting]
    shown: Sitting | None
    draft: OverlayDraft | None
    edition: int
    rows: list[DiffRow]
    is_same: bool


def drafts_page(variant: Variant, show: str) -> DraftsPage:
    """All sittings; `show` is a save's history id, the newest that differs without one."""
    ground, draft = ground_of(variant), open_draft(variant)
    labels = {slot.name: slot.label or slot.name for slot in ground.base.slot_list}
    now = first_values(draft, ground.start)
    found = sittings(variant, labels)
    shown = _shown(found, show, now)
    old = _as_text(shown.values if shown else {}, labels)
    rows = side_by_side(old, _as_text(now, labels)) if shown else []
    return DraftsPage(
        found, shown, draft, opened_edition(variant, draft), rows,
        shown is not None and shown.values == now,
    )  # fmt: skip


def _shown(found: list[Sitting], show: str, now: Mapping[str, str]) -> Sitting | None:
    if show:
        return next((sitting for sitting in found if str(sitting.row) == show), None)
    return next((sitting for sitting in found if sitting.values != now), None)


def _as_text(values: Mapping[str, str], labels: Mapping[str, str]) -> str:
    order = [*labels, *sorted(values.keys() - labels.keys())]
    filled = [name for name in order if values.get(name)]
    return "\n\n".join(f"{labels.get(name, name)}:\n{values[name]}" for name in filled)
