"""Back and forth in a suite's draft: every save of it is in its history, by its edition."""

from __future__ import annotations

from django.db import transaction

from evals.drafts import OpenedSuite, Row, open_draft, rows_of, save_rows
from evals.models import Suite, SuiteDraft
from registry.models import User

UNDO = "as edition "
"""What the history says of a save that went back to an earlier one."""


def rows_at(opened: OpenedSuite, edition: int) -> list[Row] | None:
    """What the open draft said in an edition; before its first save, what its version said."""
    if opened.draft is None:
        return None
    saves = SuiteDraft.history.filter(id=opened.draft.pk)
    save = saves.filter(edition=edition).exclude(history_type="-").order_by("-history_id").first()
    if save is not None:
        return list(save.cases)
    first = saves.order_by("history_id").values_list("edition", flat=True).first()
    return rows_of(opened.draft.based_on) if first == edition + 1 else None


@transaction.atomic
def go_to(suite: Suite, to: int, *, edition: int, by: User) -> OpenedSuite:
    """Make the draft say again what it said in edition `to`: undo, or redo.

    An edition that is not to be had any more changes nothing.
    """
    opened = open_draft(suite)
    rows = rows_at(opened, to)
    if rows is None:
        return opened
    return save_rows(suite, rows, edition=edition, by=by, why=f"{UNDO}{to}")


def steps(opened: OpenedSuite) -> tuple[int | None, int | None]:
    """The editions that undo and redo lead to; None where there is nothing to go to."""
    if opened.draft is None:
        return None, None
    saves = SuiteDraft.history.filter(id=opened.draft.pk).exclude(history_type="-")
    reasons = dict(saves.values_list("edition", "history_change_reason"))
    here = _stands_for(reasons.get(opened.edition), opened.edition)
    back = here - 1 if here - 1 in reasons or here == min(reasons, default=0) else None
    forth = here + 1 if here != opened.edition and here + 1 in reasons else None
    return back, forth


def _stands_for(reason: str | None, edition: int) -> int:
    """The edition that an edition repeats, itself where it is a save of its own."""
    told = (reason or "").removeprefix(UNDO)
    return int(told) if told != (reason or "") and told.isdecimal() else edition
