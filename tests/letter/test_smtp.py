"""Letters over a real SMTP conversation: once, with their own id; a refusal is waited for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from fleet.letter.actions import try_again
from fleet.letter.delivering import GIVEN_UP, message_id
from fleet.letter.models import Letter
from fleet.letter.outbox import LETTER_KIND
from fleet.tasks import work
from registry.models import WorkItem, WorkState
from registry.work import ATTEMPTS
from tests.builders import Fleet
from tests.letter.smtp import Postbox
from tests.letter.writing import queued, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with Postbox() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def rung(times: int = 1) -> WorkItem:
    """The one item after a worker was rung for it so often, each time when it is due."""
    owed = WorkItem.objects.filter(kind=LETTER_KIND)
    for _ in range(times):
        owed.update(not_before=None)
        work(owed.get().pk)
    return owed.get()


def test_letter_is_delivered_once_with_its_own_message_id(fleet: Fleet, postbox: Postbox) -> None:
    letter = sent(queued(fleet, "Zoë Marsh"), "notice", fleet)
    assert rung(times=3).state == WorkState.DONE
    [mail] = postbox.mails
    assert mail["Message-ID"] == message_id(letter)
    assert postbox.to == [letter.to_email] and "Zoë Marsh" in mail["To"]
    assert mail["Reply-To"] == fleet.manager.email
    assert mail["Subject"] == letter.subject
    assert mail.get_content().replace("\r\n", "\n").strip() == letter.body.strip()


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
def test_refusal_for_now_is_tried_again_until_the_server_takes_it(
    fleet: Fleet, postbox: Postbox, step: str
) -> None:
    letter = sent(queued(fleet), "notice", fleet)
    postbox.answers[step] = "451 4.3.0 Try again later"
    item = rung(times=2)
    assert (item.state, item.last_error) == (WorkState.QUEUED, "451 4.3.0 Try again later")
    assert item.not_before is not None and postbox.mails == []
    postbox.answers.clear()
    rung()
    assert [mail["Message-ID"] for mail in postbox.mails] == [message_id(letter)]


def test_letter_that_was_never_taken_is_shown_dead_with_what_the_server_said(
    fleet: Fleet, postbox: Postbox
) -> None:
    letter = sent(queued(fleet), "notice", fleet)
    Letter.objects.update(at=letter.at - dt.timedelta(hours=11))
    postbox.answers["."] = "554 5.7.1 Message rejected as spam"
    assert rung(times=ATTEMPTS).state == WorkState.DEAD
    letter.refresh_from_db()
    assert letter.problem == f"{GIVEN_UP} Last time: 554 5.7.1 Message rejected as spam"
    client = Client()
    client.force_login(fleet.manager)
    said = client.get(f"/letters/{letter.pk}/").content.decode()
    assert "Not sent" in said and "554 5.7.1 Message rejected as spam" in said
    postbox.answers.clear()
    assert try_again(letter, by=fleet.manager)
    rung(times=2)
    assert [mail["Message-ID"] for mail in postbox.mails] == [message_id(letter)]


def test_address_that_does_not_exist_is_asked_once(fleet: Fleet, postbox: Postbox) -> None:
    letter = sent(queued(fleet), "notice", fleet)
    postbox.answers["RCPT"] = "550 5.1.1 No such user"
    assert rung().state == WorkState.DONE
    letter.refresh_from_db()
    assert letter.problem == "The mail server refuses the address: 550 5.1.1 No such user"
