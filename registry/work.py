"""Leased work items: what is in flight, who owns it until when, and who rings.

PostgreSQL is the truth. A Celery message carries only an item's id and may be lost or
delivered twice; `claim` decides who works, `token` fences out whoever came too late,
`take_overdue` tells the reconciler what nobody owns.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from registry.models import Heartbeat, WorkItem, WorkState

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""After so many failures an item is given up and shown, with “try again”."""

FIRST, LAST = 0, 9
"""Celery's priorities over Redis: the lists are read in this order."""


_CLAIM = """
WITH free AS MATERIALIZED (
    SELECT id FROM registry_workitem
    WHERE id = ANY(%(pks)s) AND (not_before IS NULL OR not_before <= %(now)s)
    AND (state = 'queued' OR (state = 'leased' AND lease_until < %(now)s))
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE registry_workitem AS item
SET state = 'leased', token = gen_random_uuid(), attempts = attempts + 1, lease_until = %(until)s
FROM free WHERE item.id = free.id RETURNING item.*
"""
"""One statement: every doorbell comes through here, most of them in vain."""


class LeaseLost(Exception):
    """Another worker owns the item by now: stop, write nothing more."""


def enqueue(kind: str, key: str, payload: dict[str, Any]) -> WorkItem:
    """Write a work item once (by `key`) and ring for it after commit."""
    item, _ = WorkItem.objects.get_or_create(key=key, defaults={"kind": kind, "payload": payload})
    transaction.on_commit(lambda: ring([item.pk], kind))
    return item


def enqueue_many(
    kind: str, rows: Iterable[tuple[str, dict[str, Any]]], *, bells: int | None = None
) -> None:
    """Write many items in one statement; those already there stay as they are.

    `bells`: how many of them are rung for, all by default. Fewer will do where who comes takes
    the others along, none where the caller claims them itself; what is left behind is the
    reconciler's.
    """
    items = [WorkItem(kind=kind, key=key, payload=payload) for key, payload in rows]
    WorkItem.objects.bulk_create(items, ignore_conflicts=True)
    if bells == 0:
        return
    keys = [item.key for item in items]
    found = WorkItem.objects.filter(key__in=keys, state=WorkState.QUEUED).order_by("pk")
    pks = list(found.values_list("pk", flat=True)[:bells])
    transaction.on_commit(lambda: ring(pks, kind))


def renew(keys: Iterable[str], *, rest: dt.timedelta, dead: bool = True) -> None:
    """Queue items that ended at least `rest` ago once more, with fresh attempts, and ring.

    For what is tried until it may be done, such as a canary that is held. `dead` False leaves
    alone what was given up: a person looks at it first.
    """
    over = [WorkState.DONE, WorkState.DEAD] if dead else [WorkState.DONE]
    fresh = {"state": WorkState.QUEUED, "attempts": 0, "not_before": None, "finished_at": None}
    ended = WorkItem.objects.filter(
        key__in=list(keys), state__in=over,
        finished_at__lte=timezone.now() - rest,
    )  # fmt: skip
    with transaction.atomic():
        rows = ended.select_for_update(skip_locked=True, no_key=True).order_by("pk")
        pks = list(rows.values_list("pk", flat=True))
        WorkItem.objects.filter(pk__in=pks).update(**fresh)
        transaction.on_commit(lambda: ring(pks))


def ring(pks: Iterable[int], kind: str = "") -> None:
    """Send one message an item; those of a patient kind are taken after all others.

    A dead broker is logged, not raised: the row stands.
    """
    from celery import current_app

    priority = LAST if kind in settings.PATIENT_WORK else FIRST
    for pk in pks:
        try:
            current_app.send_task("fleet.tasks.work", args=[pk], priority=priority)
        except Exception:
            log.warning("The broker is away; work item %s waits for the reconciler.", pk)
            return


def claim(pk: int) -> WorkItem | None:
    """Take the item for one lease, or None when it is done, owned or not yet due."""
    return next(iter(claim_all([pk])), None)


def claim_all(pks: Collection[int]) -> list[WorkItem]:
    """Take those of the items for one lease that are neither done, owned nor not yet due."""
    if not pks:
        return []
    now = timezone.now()
    found = WorkItem.objects.raw(
        _CLAIM, {"pks": list(pks), "now": now, "until": now + settings.LEASE}
    )
    return sorted(found, key=lambda item: item.pk)


def due(kind: str) -> QuerySet[WorkItem]:
    """Items of a kind that wait and may be done now."""
    at_once = Q(not_before__isnull=True) | Q(not_before__lte=timezone.now())
    return WorkItem.objects.filter(at_once, kind=kind, state=WorkState.QUEUED)


def claim_untried(kind: str, number: int) -> list[WorkItem]:
    """Take the oldest items of a kind that nobody had yet, at most so many, for one lease."""
    waiting = due(kind).filter(attempts=0).order_by("pk")
    return claim_all(list(waiting.values_list("pk", flat=True)[:number]))


def was_tried(item: WorkItem) -> bool:
    """Whether a worker had this item before and did not come to its end."""
    return item.attempts > 1


def extend(item: WorkItem) -> None:
    """Heartbeat: prolong the lease. LeaseLost when somebody else holds the item."""
    until = timezone.now() + settings.LEASE
    if not _own(item).update(lease_until=until):
        raise LeaseLost(str(item))


def extend_all(items: Collection[WorkItem]) -> set[int]:
    """`extend` for several items in one statement; gives the ids of those that are lost."""
    until = timezone.now() + settings.LEASE
    tokens = [item.token for item in items]
    held = WorkItem.objects.filter(token__in=tokens, state=WorkState.LEASED)
    if held.update(lease_until=until) == len(tokens):
        return set()
    return {item.pk for item in items} - set(held.values_list("pk", flat=True))


def finish(item: WorkItem) -> None:
    """Mark the item done. LeaseLost when it is no longer ours to finish."""
    done = {"state": WorkState.DONE, "finished_at": timezone.now(), "last_error": ""}
    if not _own(item).update(**done):
        raise LeaseLost(str(item))


def finish_all(items: Collection[WorkItem]) -> set[int]:
    """`finish` for several items in one statement; gives the ids of those that are lost."""
    tokens = [item.token for item in items]
    mine = WorkItem.objects.filter(pk__in=[item.pk for item in items], token__in=tokens)
    done = {"state": WorkState.DONE, "finished_at": timezone.now(), "last_error": ""}
    if mine.filter(state=WorkState.LEASED).update(**done) == len(tokens):
        return set()
    finished = mine.filter(state=WorkState.DONE).values_list("pk", flat=True)
    return {item.pk for item in items} - set(finished)


def fail(item: WorkItem, error: str) -> None:
    """Put the item back, later each time (1, 2, 4 … s), or give it up after ATTEMPTS."""
    now = timezone.now()
    if item.attempts >= ATTEMPTS:
        _own(item).update(state=WorkState.DEAD, last_error=error, finished_at=now)
        return
    later = now + dt.timedelta(seconds=2 ** (item.attempts - 1))
    _own(item).update(state=WorkState.QUEUED, last_error=error, lease_until=None, not_before=later)


def put_off(item: WorkItem, until: dt.datetime, why: str) -> None:
    """Leave the item for later on its handler's own schedule; LeaseLost when it is not ours.

    No failure of the worker: what counts towards giving up starts afresh.
    """
    later = {"state": WorkState.QUEUED, "attempts": 0, "not_before": until, "rung_at": None}
    if not _own(item).update(**later, lease_until=None, last_error=why):
        raise LeaseLost(str(item))


def give_back(item: WorkItem, *, tried: bool) -> None:
    """Let go of an item at once, for whoever comes; LeaseLost when it is not ours.

    `tried`: this attempt counts, since the item may be to blame for what happened.
    """
    changes: dict[str, Any] = {"state": WorkState.QUEUED, "lease_until": None, "rung_at": None}
    if not tried:
        changes["attempts"] = max(0, item.attempts - 1)
    if not _own(item).update(**changes):
        raise LeaseLost(str(item))


def try_again(item: WorkItem) -> None:
    """Give a dead item a fresh set of attempts."""
    fresh = {"state": WorkState.QUEUED, "attempts": 0, "not_before": None, "finished_at": None}
    WorkItem.objects.filter(pk=item.pk, state=WorkState.DEAD).update(**fresh)
    transaction.on_commit(lambda: ring([item.pk], item.kind))


def take_overdue(limit: int = 500) -> list[int]:
    """Ids of items that nobody owns although they are due, oldest first, noted as rung.

    An item is rung again one lease after it was rung last: a long queue must not fill the
    broker with copies of the messages that wait in it.
    """
    now = timezone.now()
    patience = now - settings.LEASE
    lost = Q(state=WorkState.LEASED, lease_until__lt=now)
    waiting = Q(state=WorkState.QUEUED, created_at__lt=patience) | Q(
        Q(attempts__gt=0) | Q(not_before__isnull=False), state=WorkState.QUEUED
    )
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    silent = Q(rung_at__isnull=True) | Q(rung_at__lt=patience)
    found = WorkItem.objects.filter(lost | waiting, due, silent).order_by("pk")[:limit]
    pks = list(found.values_list("pk", flat=True))
    WorkItem.objects.filter(pk__in=pks).update(rung_at=now)
    return pks


def lag() -> float:
    """Seconds that the oldest due item has waited since it was due; 0 when nothing waits."""
    now = timezone.now()
    queued = WorkItem.objects.filter(state=WorkState.QUEUED)
    since = Greatest("created_at", "not_before")  # PostgreSQL passes over a NULL
    oldest = queued.annotate(since=since).filter(since__lte=now).aggregate(at=Min("since"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def beat(name: str) -> None:
    """Note that a worker is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def _own(item: WorkItem) -> Any:
    return WorkItem.objects.filter(pk=item.pk, token=item.token, state=WorkState.LEASED)
