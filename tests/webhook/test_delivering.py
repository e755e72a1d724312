"""One delivery: sent signed, tried again by the schedule, given up, or told to stay away."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any

import pytest
from django.conf import settings as site
from django.utils import timezone

from fleet.notify.models import Notification
from fleet.tasks import work
from fleet.webhook.actions import resend, send_test, set_active
from fleet.webhook.fanout import WEBHOOK_KIND
from fleet.webhook.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from fleet.webhook.schedule import DELAYS
from fleet.webhook.signing import secret_of, signature
from registry import work as work_items
from registry.models import Event, User, WorkItem, WorkState
from tests.builders import make_user
from tests.webhook.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(operator: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    return send_test(endpoint, by=operator)


def send(delivery: WebhookDelivery) -> WorkItem:
    """Let a worker take the delivery now, whenever it would be due."""
    item = WorkItem.objects.get(key=f"webhook:{delivery.pk}")
    WorkItem.objects.filter(pk=item.pk).update(not_before=None)
    work(item.pk)
    delivery.refresh_from_db()
    item.refresh_from_db()
    return item


def fail_until_given_up(delivery: WebhookDelivery) -> None:
    for _ in range(len(DELAYS) + 1):
        WebhookDelivery.objects.update(tried_at=timezone.now() - dt.timedelta(hours=1))
        send(delivery)


def test_a_delivery_is_posted_once_signed_and_logged(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    item = send(delivery)
    (got,) = receiver.got
    secret = secret_of(site.SECRET_KEY, str(delivery.endpoint_id), 1)
    stamp = int(got.headers["Fleet-Timestamp"])
    assert got.headers["Fleet-Signature"] == signature(secret, stamp, got.body)
    assert got.headers["Fleet-Event"] == "webhook.test"
    assert got.headers["Fleet-Delivery"] == str(delivery.pk)
    assert json.loads(got.body) == delivery.payload
    assert abs(stamp - timezone.now().timestamp()) < 5
    assert (delivery.state, delivery.status, delivery.answer) == ("delivered", 200, "thanks")
    assert delivery.attempts == 1
    assert item.state == WorkState.DONE


def test_a_delivery_rung_for_five_times_is_received_once(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    for _ in range(5):
        send(delivery)
    assert [got.headers["Fleet-Delivery"] for got in receiver.got] == [str(delivery.pk)]


def test_a_worker_that_dies_after_sending_sends_the_same_delivery_again(
    delivery: WebhookDelivery, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver can tell: the id in Fleet-Delivery is the same."""

    def die(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as killed:
        killed.setattr("fleet.webhook.delivering._end", die)
        send(delivery)
    send(delivery)
    assert {got.headers["Fleet-Delivery"] for got in receiver.got} == {str(delivery.pk)}
    assert len(receiver.got) == 2
    assert delivery.state == DeliveryState.DELIVERED


def test_a_failure_is_put_off_longer_each_time_and_given_up_in_the_end(
    delivery: WebhookDelivery, receiver: Receiver, operator: User
) -> None:
    receiver.status, receiver.body = 500, b"<script>alert(1)</script>"
    for delay in DELAYS:
        item = send(delivery)
        assert item.not_before is not None
        waits = (item.not_before - timezone.now()).total_seconds()
        assert waits == pytest.approx(delay.total_seconds(), abs=5)
        assert (delivery.state, delivery.status) == ("waiting", 500)
        assert item.state == WorkState.QUEUED
    assert not Notification.objects.exists()
    item = send(delivery)
    assert (delivery.state, delivery.attempts) == ("failed", len(DELAYS) + 1)
    assert item.state == WorkState.DONE
    told = Notification.objects.get()
    assert (told.user, told.kind) == (operator, "webhook.failing")


def test_the_reconciler_rings_for_a_delivery_that_is_due_again(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.status = 503
    item = send(delivery)
    assert item.pk not in work_items.take_overdue()
    past = timezone.now() - dt.timedelta(seconds=1)
    WorkItem.objects.filter(pk=item.pk).update(not_before=past)
    assert item.pk in work_items.take_overdue()


def test_what_was_put_off_for_hours_is_not_late_for_hours(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.status = 503
    item = send(delivery)
    due = timezone.now() - dt.timedelta(seconds=3)
    WorkItem.objects.exclude(pk=item.pk).delete()
    WorkItem.objects.filter(pk=item.pk).update(created_at=due - DELAYS[-1], not_before=due)
    assert work_items.lag() == pytest.approx(3, abs=2)


def test_a_redirect_is_a_failure_said_so(delivery: WebhookDelivery, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": f"{receiver.url}&again=1"}
    send(delivery)
    assert len(receiver.got) == 1
    assert (delivery.state, delivery.status) == ("waiting", 307)
    assert delivery.answer.startswith("Redirects are not followed.")


def test_a_host_taken_off_the_list_is_not_told_any_more(
    delivery: WebhookDelivery, receiver: Receiver, settings: Any
) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []
    send(delivery)
    assert receiver.got == []
    assert "not on the list" in delivery.answer


def test_410_switches_the_endpoint_off_and_its_operators_are_told(
    delivery: WebhookDelivery, receiver: Receiver, operator: User
) -> None:
    receiver.status = 410
    send(delivery)
    assert delivery.state == DeliveryState.FAILED
    assert not WebhookEndpoint.objects.get().active
    assert Event.objects.filter(verb="webhook.paused", actor=None).exists()
    assert "switched off" in Notification.objects.get().body


def test_operators_are_told_once_until_something_gets_through_again(
    delivery: WebhookDelivery, receiver: Receiver, operator: User
) -> None:
    make_user("operator", "second")
    receiver.status = 500
    fail_until_given_up(delivery)
    fail_until_given_up(resend(delivery, by=operator))
    assert Notification.objects.count() == 2  # one each
    receiver.status = 202
    send(resend(delivery, by=operator))
    receiver.status = 500
    fail_until_given_up(resend(delivery, by=operator))
    assert Notification.objects.count() == 4


def test_after_no_answer_the_others_do_not_wait_for_one_too(
    delivery: WebhookDelivery, receiver: Receiver, endpoint: WebhookEndpoint, operator: User
) -> None:
    receiver.silent.set()
    send(delivery)
    assert len(receiver.got) == 1
    other = send_test(endpoint, by=operator)
    send(other)
    assert len(receiver.got) == 1
    assert (other.state, other.attempts) == ("waiting", 1)
    receiver.silent.clear()
    WebhookDelivery.objects.update(tried_at=timezone.now() - dt.timedelta(minutes=2))
    send(other)
    assert other.state == DeliveryState.DELIVERED


def test_what_waits_for_a_paused_endpoint_ends_and_nobody_is_told(
    delivery: WebhookDelivery, receiver: Receiver, endpoint: WebhookEndpoint, operator: User
) -> None:
    set_active(endpoint, False, by=operator)
    send(delivery)
    assert receiver.got == []
    assert delivery.state == DeliveryState.FAILED
    assert not Notification.objects.exists()


def test_resending_is_a_delivery_of_its_own_that_names_the_first(
    delivery: WebhookDelivery, receiver: Receiver, operator: User
) -> None:
    send(delivery)
    again = resend(delivery, by=operator)
    assert resend(delivery, by=operator) == again  # a double click
    send(again)
    third = resend(again, by=operator)
    send(third)
    ids = [got.headers["Fleet-Delivery"] for got in receiver.got]
    assert len(set(ids)) == 3
    assert len({got.body for got in receiver.got}) == 1
    assert {again.resends_id, third.resends_id} == {delivery.pk}


def test_a_handler_that_fails_itself_leaves_no_delivery_waiting(
    delivery: WebhookDelivery, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("fleet.webhook.delivering.attempt", break_down)
    for _ in range(work_items.ATTEMPTS):
        item = send(delivery)
    assert item.state == WorkState.DEAD
    assert delivery.state == DeliveryState.FAILED
    assert Notification.objects.count() == 1
    assert WorkItem.objects.filter(kind=WEBHOOK_KIND).count() == 1


def test_neither_secret_nor_address_is_logged(
    delivery: WebhookDelivery, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    WebhookEndpoint.objects.update(url=f"{receiver.url}&token=hush-hush")
    receiver.silent.set()
    send(delivery)
    item = WorkItem.objects.get(kind=WEBHOOK_KIND)
    assert "hush-hush" not in caplog.text + item.last_error + delivery.answer
    assert secret_of(site.SECRET_KEY, str(delivery.endpoint_id), 1) not in caplog.text
