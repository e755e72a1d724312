"""Start one act over many variants, and see it through to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from fleet.bulk.handlers import HANDLERS
from fleet.bulk.models import BulkAct, BulkRow, BulkStage, RowState
from registry import border, events, work
from registry.models import Revision, User, Variant
from registry.roles import require
from registry.transitions import move

ROW_KIND = "bulk_row"


class CannotStart(ValueError):
    """There is nothing to do, or no reason was given; the message says which."""


@transaction.atomic
def start(
    kind: str,
    title: str,
    about: dict[str, Any],
    reason: str,
    rows: Sequence[tuple[Variant, Revision | None]],
    by: User,
) -> BulkAct:
    """Freeze the rows and hand them to the workers: each variant is done alone.

    `kind` is a key of HANDLERS, whose capability `by` must hold for every variant. `about`
    holds plain JSON ids. Raises CannotStart, NotAllowed, UnusableText.
    """
    border.check(reason)
    if not reason.strip():
        raise CannotStart("Say why, in a few words: it stands on the timeline of each variant.")
    if not rows:
        raise CannotStart("There is no variant to do this to.")
    _refuse_strangers(kind, rows, by)
    act = BulkAct.objects.create(kind=kind, title=title, about=about, reason=reason.strip(), by=by)
    made = BulkRow.objects.bulk_create(
        [BulkRow(act=act, variant=variant, goal=goal) for variant, goal in rows], batch_size=1000
    )
    events.record("bulkact.started", act, by, act.reason, kind=kind, variants=len(made))
    work.enqueue_many(ROW_KIND, ((f"bulk:{row.pk}", {"row": row.pk}) for row in made))
    return act


def _refuse_strangers(kind: str, rows: Sequence[tuple[Variant, Revision | None]], by: User) -> None:
    capability = HANDLERS[kind].capability
    if not by.sees_own_tenants_only:
        require(by, capability)
        return
    for variant, _ in rows:
        require(by, capability, variant.tenant)


@transaction.atomic
def start_again(act: BulkAct, *, by: User, reason: str = "") -> BulkAct:
    """A new act of the same kind over what `act` left; `reason` empty: as before.

    Raises CannotStart when nothing was left or it still runs.
    """
    act = BulkAct.objects.select_for_update(no_key=True).get(pk=act.pk)
    if act.stage != BulkStage.DONE:
        raise CannotStart("It still runs. Wait for its end.")
    left = act.rows.filter(state=RowState.LEFT).select_related("variant__tenant", "goal")
    mine = left.filter(variant__in=Variant.objects.visible_to(by)).order_by("pk")
    return start(
        act.kind, act.title, {**act.about, "after": str(act.pk)}, reason.strip() or act.reason,
        [(row.variant, row.goal) for row in mine], by,
    )  # fmt: skip


def settle(row: BulkRow, state: RowState, said: str) -> None:
    """Note how a row fared and close the act after its last one, in the caller's transaction.

    The act's lock, taken last, makes “last” unambiguous when two rows end at once.
    """
    row.state, row.said, row.at = state, said, timezone.now()
    row.save(update_fields=["state", "said", "at"])
    act = BulkAct.objects.select_for_update(no_key=True).get(pk=row.act_id)
    if act.stage == BulkStage.DONE or act.rows.filter(state=RowState.WAITING).exists():
        return
    move(act, BulkStage.DONE, by=None, finished_at=row.at)
