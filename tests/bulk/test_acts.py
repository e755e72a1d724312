"""One act over many variants: each row alone, once, and to an end whatever happens."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils.module_loading import import_string

from fleet.bulk.actions import ROW_KIND, CannotStart, start, start_again
from fleet.bulk.handlers import HANDLERS
from fleet.bulk.job import GIVEN_UP
from fleet.bulk.models import BulkAct, BulkRow
from fleet.tasks import work
from registry.models import Event, WorkItem
from registry.roles import CAPABILITIES, NotAllowed
from registry.work import ATTEMPTS
from tests.builders import Fleet, build_fleet
from tests.bulk.acting import KIND, begin, work_all

pytestmark = pytest.mark.django_db


def states(act: BulkAct) -> list[str]:
    return [row.state for row in act.rows.order_by("pk")]


def test_every_kind_names_a_handler_and_a_capability_that_exist() -> None:
    for kind, handler in HANDLERS.items():
        assert callable(import_string(handler.place)), kind
        assert handler.capability in CAPABILITIES, kind


def test_act_without_a_reason_is_refused(fleet: Fleet) -> None:
    with pytest.raises(CannotStart, match="Say why"):
        start(KIND, "Look", {}, "  ", [(fleet.variants[0], None)], fleet.engineer)
    assert not BulkAct.objects.exists()


def test_act_over_nothing_is_refused(fleet: Fleet) -> None:
    with pytest.raises(CannotStart, match="no variant"):
        begin(fleet.engineer, [])


def test_act_needs_its_capability(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed, match="put an approved revision into traffic"):
        begin(fleet.viewer, fleet.variants)


def test_rows_are_done_and_the_last_one_closes_the_act(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants)
    work_all()
    act.refresh_from_db()
    assert (act.stage, states(act)) == ("done", ["done"] * 3)
    assert act.finished_at is not None
    assert {row.said for row in act.rows.all()} == {"Looked at."}


def test_row_that_waits_keeps_the_act_running(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants)
    first = WorkItem.objects.filter(kind=ROW_KIND).earliest("pk")
    work(first.pk)
    act.refresh_from_db()
    assert (act.stage, states(act)) == ("running", ["done", "waiting", "waiting"])


def test_refused_row_is_left_with_its_reason_and_undone(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants, shut=[fleet.variants[1].pk])
    work_all()
    assert states(act) == ["done", "left", "done"]
    assert act.rows.get(state="left").said == "It is shut."
    looked = Event.objects.filter(verb="variant.looked_at").values_list("variant", flat=True)
    assert set(looked) == {fleet.variants[0].pk, fleet.variants[2].pk}


def test_failing_row_stops_no_other_and_is_left_when_given_up(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants, broken=[fleet.variants[0].pk])
    work_all(rounds=ATTEMPTS)
    act.refresh_from_db()
    assert (act.stage, states(act)) == ("done", ["left", "done", "done"])
    assert act.rows.get(state="left").said == GIVEN_UP


def test_doorbell_rung_twice_does_the_row_once(fleet: Fleet) -> None:
    begin(fleet.engineer, fleet.variants[:1])
    item = WorkItem.objects.get(kind=ROW_KIND)
    work(item.pk)
    work(item.pk)
    assert Event.objects.filter(verb="variant.looked_at").count() == 1


def test_item_handed_out_again_after_its_row_was_done_changes_nothing(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants[:1])
    work_all()
    WorkItem.objects.filter(kind=ROW_KIND).update(state="queued")
    work_all()
    assert Event.objects.filter(verb="variant.looked_at").count() == 1
    assert states(act) == ["done"]


def test_what_was_left_is_tried_again_by_a_new_act_over_those_alone(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants, shut=[fleet.variants[1].pk])
    work_all()
    again = start_again(act, by=fleet.engineer)
    assert [row.variant for row in again.rows.all()] == [fleet.variants[1]]
    assert (again.reason, again.about["after"]) == ("Curious.", str(act.pk))


def test_running_act_is_not_tried_again(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants)
    with pytest.raises(CannotStart, match="still runs"):
        start_again(act, by=fleet.engineer)


def test_act_that_left_nothing_is_not_tried_again(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants)
    work_all()
    with pytest.raises(CannotStart, match="no variant"):
        start_again(act, by=fleet.engineer)


@pytest.mark.django_db(transaction=True)
def test_rows_that_end_at_once_close_the_act_once() -> None:
    fleet = build_fleet(tenants=4)
    act = begin(fleet.engineer, fleet.variants)
    items = list(WorkItem.objects.filter(kind=ROW_KIND).values_list("pk", flat=True))
    gate = threading.Barrier(len(items))

    def run(pk: int) -> None:
        gate.wait()
        try:
            work(pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(pk,)) for pk in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    act.refresh_from_db()
    assert act.stage == "done"
    assert BulkRow.objects.filter(state="done").count() == 4
    assert Event.objects.filter(verb="bulkact.done").count() == 1
