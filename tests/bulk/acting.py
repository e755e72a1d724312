"""A kind of bulk act for tests: it retires nothing, it only says what it saw."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.bulk.actions import ROW_KIND, start
from fleet.bulk.handlers import HANDLERS, Handler, Left
from fleet.bulk.models import BulkAct, BulkRow
from fleet.tasks import work
from registry import events
from registry.models import User, Variant, WorkItem

KIND = "looking"
HANDLERS[KIND] = Handler("release", "tests.bulk.acting.look")


def look(act: BulkAct, row: BulkRow) -> str:
    """Note the look; leave what `about` says is shut, fail where it says so."""
    events.record("variant.looked_at", row.variant, act.by, act.reason)
    if row.variant_id in act.about.get("shut", []):
        raise Left("It is shut.")
    if row.variant_id in act.about.get("broken", []):
        raise RuntimeError("The roof came down.")
    return "Looked at."


def begin(by: User, variants: Sequence[Variant], **about: list[int]) -> BulkAct:
    """A bulk act over the variants, not worked at yet."""
    rows = [(variant, None) for variant in variants]
    return start(KIND, "Look at all of them", about, "Curious.", rows, by)


def work_all(rounds: int = 1) -> None:
    """What the workers do: ring for every waiting row, `rounds` times."""
    for _ in range(rounds):
        WorkItem.objects.filter(kind=ROW_KIND).update(not_before=None)
        for pk in WorkItem.objects.filter(kind=ROW_KIND, state="queued").values_list(
            "pk", flat=True
        ):
            work(pk)
