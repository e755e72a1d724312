"""Old changes go, the last ones stay, and nothing is left out in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fleet.release.models import Change
from fleet.stream.pruning import KEEP, KEEP_ROWS, prune_changes

pytestmark = pytest.mark.django_db


def write(*days_ago: float) -> list[int]:
    """Changes of these ages, in this order; their cursors."""
    now = timezone.now()
    rows = Change.objects.bulk_create(
        Change(prompt_slug="triage", locale="en", lane="primary", at=now - timedelta(days=days))
        for days in days_ago
    )
    return [row.cursor for row in rows]


def left() -> list[int]:
    """The cursors that are still there."""
    return list(Change.objects.values_list("cursor", flat=True))


def test_old_changes_go_in_batches_and_young_ones_stay() -> None:
    cursors = write(9, 9, 8, 8, 8, 6, 1)
    assert prune_changes(keep_rows=1, batch=2) == 5
    assert left() == cursors[5:]


def test_the_last_ones_stay_however_old() -> None:
    cursors = write(30, 30, 30, 30)
    assert prune_changes(keep_rows=3) == 1
    assert left() == cursors[1:]
    assert prune_changes(keep_rows=10) == 0


def test_a_young_change_keeps_everything_after_it() -> None:
    cursors = write(9, 1, 9, 9)  # a clock that went back
    prune_changes(keep_rows=1)
    assert left() == cursors[1:]


def test_a_week_and_a_hundred_thousand_are_kept() -> None:
    assert timedelta(days=7) == KEEP and KEEP_ROWS == 100_000
    write(30, 30)
    assert prune_changes() == 0
