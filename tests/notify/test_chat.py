"""The team's channel: once a thing, escaped, and its address a secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.views.debug import get_default_exception_reporter_filter

from fleet.notify import chat
from fleet.notify.actions import tell
from fleet.tasks import work
from registry.models import WorkItem, WorkState
from tests.builders import make_user
from tests.webhook.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


def say() -> WorkItem | None:
    people = [make_user("viewer", name) for name in ("ann", "ben")]
    for _ in range(2):
        tell("k", "review.opened", people, subject="A & B <!channel>", body="x > y", path="/r/1/")
    return WorkItem.objects.filter(kind=chat.CHAT_KIND).first()


def set_up(settings: Any, receiver: Receiver) -> None:
    settings.CHAT_SECRET_URL = f"{receiver.url}&token=hush-hush"


def test_a_thing_is_posted_once_however_many_are_told(settings: Any) -> None:
    with receiving() as receiver:
        set_up(settings, receiver)
        item = say()
        assert item is not None
        assert WorkItem.objects.filter(kind=chat.CHAT_KIND).count() == 1
        for _ in range(5):
            work(item.pk)
    (got,) = receiver.got
    assert json.loads(got.body) == {
        "text": "*A &amp; B &lt;!channel&gt;*\nx &gt; y\n<http://localhost:8000/r/1/|Open it>"
    }


def test_without_a_channel_nothing_is_owed(settings: Any) -> None:
    settings.CHAT_SECRET_URL = ""
    assert say() is None


def test_a_refused_post_is_tried_again_and_its_address_stays_secret(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving() as receiver:
        set_up(settings, receiver)
        receiver.status = 500
        item = say()
        assert item is not None
        work(item.pk)
        receiver.silent.set()
        WorkItem.objects.update(not_before=None)
        work(item.pk)
    WorkItem.objects.update(not_before=None)
    work(item.pk)  # nobody listens there any more
    item.refresh_from_db()
    assert (item.state, item.attempts) == (WorkState.QUEUED, 3)
    assert "hush-hush" not in caplog.text + item.last_error
    shown = get_default_exception_reporter_filter().get_safe_settings()
    assert "hush-hush" not in str(shown)
