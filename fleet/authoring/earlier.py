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

MUCH = 1 / 3
"""A save that leaves out this share of what stood there begins a new sitting as well: a text
deleted by mistake is saved like any other, and must be found again."""

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
    why: str = ""
    saves: int = 1
    who: str = ""
    changed: tuple[str, ...] = ()


def saves_of(variant: Variant) -> QuerySet[Any]:
    """Everything ever saved as a draft of this variant's overlay, newest first."""
    overlay = lines.overlay_line(variant)
    rows: QuerySet[Any] = OverlayDraft.history.filter(overlay=overlay)
    return rows.order_by("-history_id") if overlay else rows.none()


def writers_of(variant: Variant, row: int) -> list[int]:
    """Ids of everybody whose words stood in the draft when it was saved as `row`."""
    return list(saves_of(variant).values_list("contributor_ids", flat=True).get(history_id=row))


def sittings(variant: Variant, labels: Mapping[str, str]) -> list[Sitting]:
    """Newest first; each says which slots differ from the sitting before it."""
    rows = saves_of(variant).values_list(
        "history_id", "history_type", "history_date", "saved_by", "values", "history_change_reason"
    )
    found = gathered(rows[:SAVES_READ])[:SITTINGS_SHOWN]
    people = User.objects.in_bulk({sitting.by for sitting in found})
    before: Mapping[str, str] = {}
    for sitting in reversed(found):
        sitting.who = people[sitting.by].display_name
        sitting.changed = differing(before, sitting.values, labels)
        before = sitting.values
    return found


Save = tuple[int, str, dt.datetime, int, dict[str, str], str | None]
"""Id, kind ("-" closes the draft), when, by whom, values, why (of a restore or a merge)."""


def gathered(saves: Iterable[Save]) -> list[Sitting]:
    """Saves, newest first, as sittings."""
    found: list[Sitting] = []
    closed = False
    first: dict[str, str] = {}  # of the sitting at hand, the oldest text so far
    for row, kind, when, by, values, why in saves:
        last = found[-1] if found and not closed else None
        if kind == "-":
            closed = True
            continue
        if last is not None and _goes_on(last, when, by, values, first):
            last.began, last.saves, last.why = when, last.saves + 1, why or ""
        else:
            found.append(Sitting(row, by, when, when, values, closed, why or ""))
            closed = False
        first = values
    return found


def _goes_on(
    last: Sitting, when: dt.datetime, by: int, values: dict[str, str], then: dict[str, str]
) -> bool:
    """Whether an older save belongs to the sitting; `then` is what the next save had."""
    had, kept = (sum(map(len, texts.values())) for texts in (values, then))
    lost = had - kept > had * MUCH
    return by == last.by and last.began - when < PAUSE and not last.why and not lost


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
