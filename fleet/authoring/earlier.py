"""Earlier drafts of an overlay: what was saved, gathered into sittings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from registry import lines
from registry.models import OverlayDraft, Revision, User, Variant

PAUSE = dt.timedelta(minutes=5)
"""A longer pause, or another person, begins a new sitting."""

SAVES_READ = 500
"""Newest saves that are looked at; a page saves at most every 2 s while somebody types."""

SITTINGS_SHOWN = 40


@dataclass
class Sitting:
    """What one person saved without a longer pause; `row` is the last save's history id.

    `closed`: the draft ended with it, by being submitted or thrown away.
    """

    row: int
    by: int
    began: dt.datetime
    ended: dt.datetime
    values: dict[str, str]
    closed: bool
    saves: int = 1
    who: str = ""
    changed: tuple[str, ...] = ()


def saves_of(variant: Variant) -> QuerySet[Any]:
    """Everything ever saved as a draft of this variant's overlay, newest first."""
    overlay = lines.overlay_line(variant)
    rows: QuerySet[Any] = OverlayDraft.history.filter(overlay=overlay)
    return rows.order_by("-history_id") if overlay else rows.none()


def sittings(variant: Variant, labels: Mapping[str, str]) -> list[Sitting]:
    """Newest first; each says which slots differ from the sitting before it."""
    rows = saves_of(variant).values_list(
        "history_id", "history_type", "history_date", "saved_by", "values"
    )
    found = gathered(rows[:SAVES_READ])[:SITTINGS_SHOWN]
    people = User.objects.in_bulk({sitting.by for sitting in found})
    before: Mapping[str, str] = {}
    for sitting in reversed(found):
        sitting.who = people[sitting.by].display_name
        sitting.changed = differing(before, sitting.values, labels)
        before = sitting.values
    return found


def gathered(saves: Iterable[tuple[int, str, dt.datetime, int, dict[str, str]]]) -> list[Sitting]:
    """Saves, newest first, as sittings. A save is (id, kind, when, by, values); kind "-" closes."""
    found: list[Sitting] = []
    closed = False
    for row, kind, when, by, values in saves:
        last = found[-1] if found and not closed else None
        if kind == "-":
            closed = True
        elif last is not None and by == last.by and last.began - when < PAUSE:
            last.began, last.saves = when, last.saves + 1
        else:
            found.append(Sitting(row, by, when, when, values, closed))
            closed = False
    return found


def differing(
    old: Mapping[str, str], new: Mapping[str, str], labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Labels of the slots whose texts differ, in the base's order."""
    names = [*labels, *sorted({*old, *new} - labels.keys())]
    return tuple(labels.get(n, n) for n in names if old.get(n, "") != new.get(n, ""))


def values_at(variant: Variant, edition: int, start: Revision | None) -> dict[str, str]:
    """What a form showed that was opened at `edition` of the draft, or on `start` without one."""
    if start is not None:
        overlay = start.overlay_version
        return dict(overlay.values) if overlay else {}
    saved = saves_of(variant).filter(edition=edition).exclude(history_type="-").first()
    return dict(saved.values) if saved else {}
