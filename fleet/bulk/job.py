"""One row of a bulk act, done by a worker."""

from __future__ import annotations

from django.db import transaction

from fleet.bulk.actions import settle
from fleet.bulk.handlers import HANDLERS, Left
from fleet.bulk.models import BulkRow, RowState
from fleet.release.actions import CannotRollBack
from fleet.review.actions import AlreadyDecided, Blocked
from registry import work
from registry.models import WorkItem
from registry.roles import NotAllowed
from registry.transitions import IllegalMove

REFUSALS = (Left, Blocked, AlreadyDecided, CannotRollBack, NotAllowed, IllegalMove)
"""What an action says no with: a reason to leave the variant, not a failure to try again."""

GIVEN_UP = "It failed several times and was given up. An operator finds the error in the log."


@transaction.atomic
def do_row(item: WorkItem) -> None:
    """Do the item's row, unless that was done before; a refusal is its outcome too."""
    row = _locked(item)
    if row.state == RowState.WAITING:
        try:
            with transaction.atomic():
                state, said = RowState.DONE, HANDLERS[row.act.kind](row.act, row)
        except REFUSALS as why:
            state, said = RowState.LEFT, str(why)
        settle(row, state, said)
    work.finish(item)


def give_up(item: WorkItem) -> None:
    """The item is dead: its row is left, and nobody waits for it any longer."""
    row = _locked(item)
    if row.state == RowState.WAITING:
        settle(row, RowState.LEFT, GIVEN_UP)


def _locked(item: WorkItem) -> BulkRow:
    rows = BulkRow.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("act__by", "variant__tenant", "variant__prompt", "goal").get(
        pk=item.payload["row"]
    )
