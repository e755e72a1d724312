"""What workers do for un-forks: compare many forks, take many over. Safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from fleet.adoption.comparing import COMPARE_KIND, compare
from fleet.adoption.finishing import give_back, take_over
from fleet.adoption.models import Unforking, UnforkStage
from registry import work
from registry.models import User, WorkItem
from registry.transitions import IllegalMove, move

GIVEN_UP = "It failed several times and was given up. An operator finds why in the log."


def compare_forks(item: WorkItem) -> None:
    """Compare the forks of one un-fork, if nobody cancelled it."""
    unforking = _of(item)
    if unforking.stage == UnforkStage.READING:
        with suppress(IllegalMove):  # cancelled while it was compared
            compare(unforking, _alive(item, unforking))
    work.finish(item)


def adopt_forks(item: WorkItem) -> None:
    """Take over the accepted forks of one un-fork."""
    unforking = _of(item)
    if unforking.stage == UnforkStage.ADOPTING:
        by = User.objects.get(pk=item.payload["by"])
        take_over(unforking, by=by, alive=_alive(item, unforking))
    work.finish(item)


def give_up(item: WorkItem) -> None:
    """The work failed for good: say so on the page, and let people go on from there."""
    unforking = _of(item)
    if unforking.stage == UnforkStage.ADOPTING:
        give_back(unforking, GIVEN_UP)
    elif unforking.stage == UnforkStage.READING and item.kind == COMPARE_KIND:
        move(unforking, UnforkStage.CANCELLED, by=None, why=GIVEN_UP, problem=GIVEN_UP)


def _of(item: WorkItem) -> Unforking:
    return Unforking.objects.select_related("prompt", "target").get(pk=item.payload["unforking"])


def _alive(item: WorkItem, unforking: Unforking) -> Callable[[int], None]:
    def tell(seen: int) -> None:
        work.extend(item)
        Unforking.objects.filter(pk=unforking.pk).update(seen=seen)

    return tell
