"""Leased work: one owner at a time, fenced, rung again when it is lost."""

from __future__ import annotations

import datetime as dt
import functools
import threading
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from registry import work
from registry.keeping import kept
from registry.models import WorkItem, WorkState
from tests import live

pytestmark = pytest.mark.django_db


def item(**changes: object) -> WorkItem:
    """A queued item, changed as asked."""
    made = WorkItem.objects.create(kind="test", key="test:1")
    WorkItem.objects.filter(pk=made.pk).update(**changes)
    made.refresh_from_db()
    return made


def ago(seconds: float) -> dt.datetime:
    """A moment that has passed."""
    return timezone.now() - dt.timedelta(seconds=seconds)


def test_a_key_makes_one_item_however_often_it_is_enqueued() -> None:
    first = work.enqueue("test", "same", {"n": 1})
    again = work.enqueue("test", "same", {"n": 2})
    work.enqueue_many("test", [("same", {"n": 3}), ("other", {"n": 4})])
    assert first.pk == again.pk
    assert dict(WorkItem.objects.values_list("key", "payload")) == {
        "same": {"n": 1}, "other": {"n": 4},
    }  # fmt: skip


def test_an_item_in_hand_is_not_claimed_twice() -> None:
    pk = item().pk
    assert work.claim(pk) is not None
    assert work.claim(pk) is None


def test_an_item_whose_lease_ran_out_goes_to_the_next_and_the_first_is_fenced_out() -> None:
    pk = item().pk
    first = work.claim(pk)
    assert first is not None
    WorkItem.objects.filter(pk=pk).update(lease_until=ago(1))
    second = work.claim(pk)
    assert second is not None and second.attempts == 2
    with pytest.raises(work.LeaseLost):
        work.extend(first)
    with pytest.raises(work.LeaseLost):
        work.finish(first)
    work.finish(second)
    assert WorkItem.objects.get(pk=pk).state == WorkState.DONE


def test_a_failed_item_waits_longer_each_time_and_is_given_up_in_the_end() -> None:
    pk = item().pk
    waits = []
    for _ in range(work.ATTEMPTS):
        WorkItem.objects.filter(pk=pk).update(not_before=None)
        mine = work.claim(pk)
        assert mine is not None
        work.fail(mine, "No answer.")
        found = WorkItem.objects.get(pk=pk)
        if found.not_before:
            waits.append(round((found.not_before - timezone.now()).total_seconds()))
    assert waits == [1, 2, 4, 8]
    assert (found.state, found.last_error) == (WorkState.DEAD, "No answer.")
    work.try_again(found)
    assert work.claim(pk) is not None


def test_an_item_that_is_not_due_is_left_alone() -> None:
    later = timezone.now() + dt.timedelta(minutes=5)
    assert work.claim(item(not_before=later).pk) is None
    assert work.take_overdue() == []
    assert work.lag() == 0


HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "rung"),
    [
        ({"created_at": -3600}, True),
        ({"state": "leased", "lease_until": -1}, True),
        ({"attempts": 1}, True),
        ({}, False),  # just written: its own message is still under way
        ({"created_at": -3600, "rung_at": -1}, False),
        ({"state": "leased", "lease_until": 3600}, False),
        ({"state": "done", "created_at": -3600}, False),
        ({"state": "dead", "created_at": -3600}, False),
    ],
)
def test_the_reconciler_rings_for_what_nobody_owns(changes: dict[str, object], rung: bool) -> None:
    """A moment is given in seconds from now."""
    moments = {
        name: ago(-value) if isinstance(value, int) and name != "attempts" else value
        for name, value in changes.items()
    }
    pk = item(**moments).pk
    assert work.take_overdue() == ([pk] if rung else [])
    assert work.take_overdue() == [], "once a lease"


def test_a_dead_broker_does_not_undo_the_business_transaction(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("celery.current_app.send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        made = work.enqueue("test", "kept", {})
    assert WorkItem.objects.filter(pk=made.pk, state=WorkState.QUEUED).exists()


def test_work_of_which_thousands_may_wait_lets_all_other_work_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "which-goes-first"  # a queue of its own: other tests' workers listen at the usual one
    sends = functools.partial(current_app.send_task, queue=name)
    monkeypatch.setattr("celery.current_app.send_task", sends)
    with current_app.connection_for_write() as broker:
        queue = broker.SimpleQueue(name)
        queue.clear()
        for pk, kind in ((1, "evaluate_track"), (2, "evaluate_track"), (3, "mail")):
            work.ring([pk], kind)
        taken = [queue.get(timeout=5) for _ in range(3)]
        assert [message.payload[0] for message in taken] == [[3], [1], [2]]
        for message in taken:
            message.ack()


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_claim_at_once_one_gets_the_item() -> None:
    pk = item().pk
    gate, got = threading.Barrier(8), []

    def claim() -> None:
        gate.wait()
        got.append(work.claim(pk))
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(one is not None for one in got) == 1


def test_items_finished_together_say_which_of_them_are_lost() -> None:
    mine, taken = (work.enqueue("test", key, {}) for key in ("a", "b"))
    held = work.claim_all([mine.pk, taken.pk])
    WorkItem.objects.filter(pk=taken.pk).update(lease_until=timezone.now() - dt.timedelta(hours=1))
    assert work.claim(taken.pk) is not None
    assert work.finish_all(held) == {taken.pk}
    assert dict(WorkItem.objects.values_list("key", "state")) == {
        "a": WorkState.DONE, "b": WorkState.LEASED,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_prolonged_for_as_long_as_the_work_takes_and_no_longer(settings: Any) -> None:
    settings.LEASE = dt.timedelta(seconds=0.6)
    claimed = work.claim(item().pk)
    assert claimed is not None

    def left() -> float:
        until = WorkItem.objects.get(pk=claimed.pk).lease_until
        assert until is not None
        return (until - timezone.now()).total_seconds()

    first = claimed.lease_until
    with kept(claimed):
        assert first is not None
        live.until(lambda: timezone.now() > first, what="the first lease would be over")
        assert left() > 0
        assert work.claim(claimed.pk) is None
    live.until(lambda: left() < 0, what="nobody prolongs it any more")
    assert work.claim(claimed.pk) is not None
