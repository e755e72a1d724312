"""Letters that a person sends: to whom, once, and why others are left."""

from __future__ import annotations

import datetime as dt
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from fleet.campaign.actions import re_evaluate
from fleet.campaign.models import Campaign, Track
from fleet.letter.actions import send_letters, try_again
from fleet.letter.delivering import GIVEN_UP, give_up, send_letter, wait_after
from fleet.letter.models import Letter
from fleet.letter.outbox import LETTER_KIND, owe
from fleet.letter.reminding import remind_of_ending_links
from fleet.notify.models import Notification
from fleet.signoff.models import SignOffLink
from fleet.signoff.secrets import address_of
from fleet.tasks import put_back, work
from registry import work as work_items
from registry.models import Contact, Event, ModelTarget, Tenant, WorkItem, WorkState
from registry.roles import NotAllowed
from registry.transitions import move
from tests.builders import Fleet, make_user
from tests.campaign.going import opened
from tests.letter.writing import people, post, queued, sent, tenant_of, tracks_in, waiting

pytestmark = pytest.mark.django_db


def why_left(outcome: Any) -> list[str]:
    return [why for _, why in outcome.left]


def test_each_contact_gets_a_letter_in_the_customers_language(fleet: Fleet) -> None:
    track = queued(fleet, "Katrin Voss", "Jan Thoma")
    Tenant.objects.filter(pk=tenant_of(track).pk).update(locale="de-AT", timezone="Europe/Vienna")
    ModelTarget.objects.filter(pk=fleet.old.pk).update(
        retires_on=dt.date(2027, 3, 5), retires_source="https://provider.example"
    )
    assert send_letters([track], "notice", by=fleet.manager).done == [track]
    letters = Letter.objects.order_by("to_name")
    assert [one.to_name for one in letters] == ["Jan Thoma", "Katrin Voss"]
    body = letters[1].body
    assert body.startswith("Guten Tag Katrin Voss,")
    assert "am 5. März 2027 abgeschaltet" in body and "geplant für" not in body
    assert "{{" not in body
    assert {tuple(one.to) for one in post()} == {
        ("Jan Thoma <thoma@tenant-0.example>",), ("Katrin Voss <voss@tenant-0.example>",),
    }  # fmt: skip
    assert not Letter.objects.filter(sent_at=None).exists()


def test_cutover_is_told_in_the_customers_time_zone_with_the_zone_named(fleet: Fleet) -> None:
    track = queued(fleet)
    Tenant.objects.filter(pk=tenant_of(track).pk).update(timezone="America/New_York")
    when = dt.datetime(2027, 3, 14, 7, 30, tzinfo=dt.UTC)
    due(track, when, fleet)
    assert "March 14, 2027, 03:30 (America/New_York)" in sent(track, "notice", fleet).body


def test_a_time_of_an_earlier_try_is_promised_to_nobody(fleet: Fleet) -> None:
    track = queued(fleet)
    when = dt.datetime(2027, 3, 14, 7, 30, tzinfo=dt.UTC)
    due(track, when, fleet)
    move(track, "evaluating", by=fleet.engineer)
    assert "2027" not in sent(track, "notice", fleet).body


def due(track: Track, when: dt.datetime, fleet: Fleet) -> None:
    """Take a track to where it has its time; the database lets it go no shorter way."""
    Track.objects.filter(pk=track.pk).update(scheduled_for=when, scheduled_by=fleet.engineer)
    for stage in ("evaluating", "awaiting_sign_off", "signed_off", "scheduled"):
        track = move(track, stage, by=fleet.engineer)


def test_a_notice_is_sent_once_and_again_when_its_date_moves(fleet: Fleet) -> None:
    track = queued(fleet)
    sent(track, "notice", fleet)
    assert why_left(send_letters([track], "notice", by=fleet.manager)) == [
        "Sent already, and nothing has changed since."
    ]
    soon = timezone.now() + dt.timedelta(days=9)
    due(track, soon, fleet)
    assert send_letters([track], "notice", by=fleet.manager).done
    assert Letter.objects.count() == 2


def test_evidence_carries_the_persons_own_link_and_no_row_holds_it(fleet: Fleet) -> None:
    track = waiting(fleet)
    letter = sent(track, "evidence", fleet)
    link = SignOffLink.objects.get()
    assert letter.about == str(link.pk) and "{{link}}" in letter.body
    [message] = post()
    assert address_of(link) in message.body and "{{" not in message.body
    letter.refresh_from_db()
    assert address_of(link) not in letter.body
    assert why_left(send_letters([track], "evidence", by=fleet.manager))[0].startswith("Sent")
    assert SignOffLink.objects.count() == 1


def test_letter_whose_link_was_voided_meanwhile_is_not_sent(fleet: Fleet) -> None:
    track = waiting(fleet)
    letter = sent(track, "evidence", fleet)
    re_evaluate(track, by=fleet.engineer)
    assert post() == []
    letter.refresh_from_db()
    assert letter.sent_at is None and "over" in letter.problem
    assert WorkItem.objects.get(kind=LETTER_KIND).state == WorkState.DONE
    assert Notification.objects.filter(kind="letter.not_sent", user=fleet.manager).count() == 1


def test_letter_whose_link_ended_meanwhile_is_not_sent(fleet: Fleet) -> None:
    letter = sent(waiting(fleet), "evidence", fleet)
    SignOffLink.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))
    assert post() == []
    letter.refresh_from_db()
    assert "time was over" in letter.problem


def test_message_that_is_delivered_five_times_sends_one_mail(fleet: Fleet) -> None:
    letter = sent(queued(fleet), "notice", fleet)
    item = WorkItem.objects.get(kind=LETTER_KIND)
    mail.outbox.clear()
    for _ in range(5):
        work(item.pk)
    [message] = mail.outbox
    assert message.extra_headers["Message-ID"].startswith(f"<letter-{letter.pk}@")
    assert Event.objects.filter(verb="letter.sent").count() == 1


def test_worker_that_died_after_sending_marks_the_letter_when_taken_over(fleet: Fleet) -> None:
    """The mail server has it, we do not know: the second mail has the same Message-ID."""
    letter = sent(queued(fleet), "notice", fleet)
    mine = work_items.claim(WorkItem.objects.get(kind=LETTER_KIND).pk)
    assert mine is not None
    WorkItem.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    other = work_items.claim(mine.pk)
    assert other is not None
    mail.outbox.clear()
    send_letter(other)
    with pytest.raises(work_items.LeaseLost):
        send_letter(mine)
    assert len({one.extra_headers["Message-ID"] for one in mail.outbox}) == 1
    letter.refresh_from_db()
    assert letter.sent_at is not None


def test_mail_server_that_is_away_is_waited_for(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = sent(queued(fleet), "notice", fleet)

    def away(_: Any) -> None:
        raise ConnectionRefusedError("no server")

    with monkeypatch.context() as broken:
        broken.setattr(mail.EmailMessage, "send", away)
        assert post() == []
    item = WorkItem.objects.get(kind=LETTER_KIND)
    assert item.state == WorkState.QUEUED and item.not_before is not None
    letter.refresh_from_db()
    assert (letter.sent_at, letter.problem) == (None, "")
    WorkItem.objects.update(not_before=None)
    assert len(post()) == 1
    assert wait_after(dt.timedelta(minutes=8)) == dt.timedelta(minutes=8)
    assert wait_after(dt.timedelta(hours=11)) is None


def test_address_that_is_refused_for_good_is_not_tried_again(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = sent(queued(fleet), "notice", fleet)

    def no_such_person(_: Any) -> None:
        raise SMTPRecipientsRefused({"marsh@tenant-0.example": (550, b"No such user")})

    monkeypatch.setattr(mail.EmailMessage, "send", no_such_person)
    post()
    letter.refresh_from_db()
    assert letter.problem == "The mail server refuses the address: 550 No such user"
    assert WorkItem.objects.get(kind=LETTER_KIND).state == WorkState.DONE
    monkeypatch.undo()
    Contact.objects.update(email="helen@tenant-0.example")
    assert send_letters([letter.track], "notice", by=fleet.manager).done
    [message] = post()
    assert message.to == ["Helen Marsh <helen@tenant-0.example>"]
    assert send_letters([letter.track], "notice", by=fleet.manager).done == []
    assert not try_again(letter, by=fleet.manager), "another letter took its place"


def test_given_up_letter_says_so_and_can_be_tried_again(fleet: Fleet) -> None:
    letter = sent(queued(fleet), "notice", fleet)
    item = WorkItem.objects.get(kind=LETTER_KIND)
    WorkItem.objects.update(attempts=work_items.ATTEMPTS - 1)
    mine = work_items.claim(item.pk)
    assert mine is not None
    put_back(mine, "OSError: no mail server")
    letter.refresh_from_db()
    assert letter.problem == f"{GIVEN_UP} Last time: OSError: no mail server"
    assert Notification.objects.filter(kind="letter.not_sent").exists()
    assert not try_again(Letter(pk=None, track=letter.track), by=fleet.manager)
    assert try_again(letter, by=fleet.manager)
    assert not try_again(letter, by=fleet.manager)
    assert len(post()) == 1
    give_up(mine)
    letter.refresh_from_db()
    assert letter.problem == "" and letter.sent_at is not None


def test_tracks_that_cannot_be_written_about_are_left_with_why(fleet: Fleet) -> None:
    first, second, foreign = tracks_in(opened(fleet))
    people(first, "Ana Ruiz")
    people(foreign, "Zoe Secret")
    outcome = send_letters([first, second, foreign], "notice", by=fleet.manager)
    assert outcome.done == [first]
    assert "No contact" in why_left(outcome)[0]
    assert why_left(outcome)[1].startswith("You may not write to Tenant 2")
    early = send_letters([first], "evidence", by=fleet.manager)
    assert why_left(early) == ["It is “Queued”."]
    assert why_left(send_letters([first], "code", by=fleet.manager)) == [
        "This letter is sent by itself."
    ]
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "policy_owner"])
def test_who_may_not_write_writes_to_nobody(fleet: Fleet, role: str) -> None:
    track = queued(fleet)
    assert send_letters([track], "notice", by=fleet.people[role]).done == []
    letter = sent(track, "notice", fleet)
    with pytest.raises(NotAllowed):
        try_again(letter, by=fleet.people[role])


def test_customer_that_need_not_sign_is_sent_no_evidence(fleet: Fleet) -> None:
    track = waiting(fleet)
    Track.objects.filter(pk=track.pk).update(sign_off_exempt_why="Contract says so.")
    assert why_left(send_letters([track], "evidence", by=fleet.manager)) == [
        "This customer need not sign."
    ]


def test_reminder_is_for_who_was_asked_and_once_a_day(fleet: Fleet) -> None:
    track = waiting(fleet)
    assert why_left(send_letters([track], "reminder", by=fleet.manager)) == [
        "Nobody was asked yet: send the evidence first."
    ]
    sent(track, "evidence", fleet)
    letter = sent(track, "reminder", fleet)
    assert "works until" in letter.body
    assert why_left(send_letters([track], "reminder", by=fleet.manager)) == [
        "They were reminded today."
    ]
    assert address_of(SignOffLink.objects.get()) in post()[-1].body


def test_link_that_is_about_to_end_is_reminded_of_once(fleet: Fleet) -> None:
    track = waiting(fleet)
    sent(track, "evidence", fleet)
    now = timezone.now()
    SignOffLink.objects.update(
        created_at=now - dt.timedelta(days=11), expires_at=now + dt.timedelta(days=4)
    )
    post()
    assert remind_of_ending_links() == 0
    SignOffLink.objects.update(expires_at=now + dt.timedelta(days=2))
    assert [remind_of_ending_links() for _ in range(3)] == [1, 0, 0]
    assert len(post()) == 1


def test_link_whose_evidence_never_left_is_not_reminded_of(fleet: Fleet) -> None:
    sent(waiting(fleet), "evidence", fleet)
    now = timezone.now()
    SignOffLink.objects.update(
        created_at=now - dt.timedelta(days=11), expires_at=now + dt.timedelta(days=2)
    )
    assert remind_of_ending_links() == 0


def test_same_key_is_one_letter_and_one_work_item(fleet: Fleet) -> None:
    track = queued(fleet)
    contact = Contact.objects.get()
    letters = {owe(track, contact, "notice", key="x").pk for _ in range(3)}
    assert len(letters) == 1
    assert WorkItem.objects.filter(kind=LETTER_KIND).count() == 1


def test_names_with_line_breaks_make_no_headers(fleet: Fleet) -> None:
    track = queued(fleet, "Helen\r\nBcc: all@x.example Marsh")
    sent(track, "notice", fleet)
    [message] = post()
    assert "Bcc" not in message.message() and "\n" not in message.subject


def test_number_of_questions_does_not_grow_with_the_tracks(
    fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    from fleet.letter.sending import plan, sendable

    campaign = opened(fleet)
    for track in tracks_in(campaign):
        people(track, "Ana Ruiz", "Ben Ott")
    with django_assert_max_num_queries(9):
        found = plan(sendable(Track.objects.filter(campaign=campaign)), "notice", by=fleet.engineer)
    assert len(found.drafts) == 6


def test_engineer_who_runs_the_migration_may_write_to_all(fleet: Fleet) -> None:
    campaign: Campaign = opened(fleet)
    for track in tracks_in(campaign):
        people(track, "Ana Ruiz")
    assert len(send_letters(tracks_in(campaign), "notice", by=fleet.engineer).done) == 3
    stranger = make_user("customer_success", "stranger")
    assert send_letters(tracks_in(campaign), "notice", by=stranger).done == []
