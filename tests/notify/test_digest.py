"""The digest: due by the person's own clock, everything once, never twice."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fleet.notify import digest
from fleet.notify.actions import mark_read, save_settings, tell
from fleet.notify.models import Notification
from registry.models import User, WorkItem
from tests.builders import make_user


def prepare(pace: str, *, place: str = "Europe/Berlin", name: str = "ann") -> User:
    user = make_user("operator", name)
    save_settings(user, pace=pace, timezone_name=place, muted=[])
    return user


def told(user: User, at: dt.datetime, subject: str = "Look", kind: str = "review.opened") -> int:
    key = f"{kind}:{subject}:{at.isoformat()}"
    tell(key, kind, [user], subject=subject, body="Why.", path="/reviews/1/")
    Notification.objects.filter(key=f"{key}:{user.pk}").update(at=at)
    return Notification.objects.get(key=f"{key}:{user.pk}").pk


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> dt.datetime:
    """Make it this time, in UTC."""
    now = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def mails() -> list[dict[str, str]]:
    return [item.payload for item in WorkItem.objects.filter(kind="mail").order_by("pk")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told_at", "early", "due"),
    [
        # Over the night of 29 March 2026 a day in Berlin has 23 hours, of 25 October 25.
        ("2026-03-28T20:00", "2026-03-29T05:59", "2026-03-29T06:00"),
        ("2026-10-24T20:00", "2026-10-25T06:59", "2026-10-25T07:00"),
        ("2026-11-20T07:30", "2026-11-21T06:59", "2026-11-21T07:00"),
    ],
)
def test_a_daily_digest_comes_at_eight_even_when_the_clocks_have_changed(
    told_at: str, early: str, due: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = prepare("daily")
    told(user, at(monkeypatch, told_at))
    at(monkeypatch, early)
    assert digest.send_digests() == 0
    now = at(monkeypatch, due)
    assert digest.send_digests() == 1
    assert len(mails()) == 1
    assert Notification.objects.get().mailed_at == now
    assert digest.send_digests() == 0


@pytest.mark.django_db
def test_one_mail_lists_all_by_kind_with_links(monkeypatch: pytest.MonkeyPatch) -> None:
    user = prepare("hourly")
    now = at(monkeypatch, "2026-11-21T10:00")
    told(user, now, "First")
    told(user, now, "Decided", kind="review.decided")
    told(user, now, "Second")
    at(monkeypatch, "2026-11-21T11:00")
    digest.send_digests()
    (mail,) = mails()
    assert mail["to"] == user.email
    assert mail["subject"] == "3 notifications from the prompt fleet"
    places = [mail["body"].index(word) for word in ("First", "Second", "Decided")]
    assert places == sorted(places)
    assert mail["body"].count("http://localhost:8000/reviews/1/") == 3
    assert "/notifications/settings/" in mail["body"]


@pytest.mark.django_db
def test_hourly_mails_lie_an_hour_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    user = prepare("hourly")
    for minute in range(0, 180, 10):
        now = at(monkeypatch, f"2026-11-21T{10 + minute // 60}:{minute % 60:02}")
        told(user, now, f"At {minute}")
        digest.send_digests()
    assert len(mails()) == 2


@pytest.mark.django_db
def test_what_was_read_meanwhile_is_not_mailed(monkeypatch: pytest.MonkeyPatch) -> None:
    user = prepare("hourly")
    now = at(monkeypatch, "2026-11-21T10:00")
    mark_read(user, told(user, now, "Seen"))
    at(monkeypatch, "2026-11-21T12:00")
    assert digest.send_digests() == 0
    assert mails() == []
    assert not Notification.objects.filter(mailed_at=None).exists()


@pytest.mark.django_db
def test_mail_that_is_off_stays_off_and_left_overs_of_a_slower_pace_come_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet, hasty = prepare("off", name="quiet"), prepare("daily", name="hasty")
    now = at(monkeypatch, "2026-11-21T10:00")
    told(quiet, now)
    told(hasty, now)
    save_settings(hasty, pace="instant", timezone_name="UTC", muted=[])
    digest.send_digests()
    assert [mail["to"] for mail in mails()] == [hasty.email]


@pytest.mark.django_db
def test_one_persons_trouble_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = prepare("hourly", name="first"), prepare("hourly", name="second")
    now = at(monkeypatch, "2026-11-21T10:00")
    told(first, now)
    told(second, now)
    at(monkeypatch, "2026-11-21T11:00")
    whole = digest.send_digest

    def fail_for_first(pk: int) -> bool:
        if pk == first.pk:
            raise RuntimeError
        return whole(pk)

    monkeypatch.setattr(digest, "send_digest", fail_for_first)
    assert digest.send_digests() == 1
    assert [mail["to"] for mail in mails()] == [second.email]


@pytest.mark.django_db
def test_a_long_digest_lists_the_first_and_counts_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = prepare("hourly")
    monkeypatch.setattr(digest, "MOST", 2)
    now = at(monkeypatch, "2026-11-21T10:00")
    for word in ("One", "Two", "Three"):
        told(user, now, word)
    at(monkeypatch, "2026-11-21T11:00")
    digest.send_digests()
    body = mails()[0]["body"]
    assert "Two" in body and "Three" not in body
    assert "And 1 more: http://localhost:8000/notifications/" in body


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_send_one_digest() -> None:
    """The first is held inside its transaction while the second looks."""
    user = prepare("hourly")
    told(user, timezone.now() - dt.timedelta(hours=2))
    inside, go_on = threading.Event(), threading.Event()
    results: list[bool] = []

    def first() -> None:
        with transaction.atomic():
            results.append(digest.send_digest(user.pk))
            inside.set()
            go_on.wait(5)
        connection.close()

    beat = threading.Thread(target=first)
    beat.start()
    assert inside.wait(5)
    assert digest.send_digests() == 0  # the row is locked: passed over, not waited for
    go_on.set()
    beat.join()
    assert results == [True]
    assert digest.send_digests() == 0
    assert len(mails()) == 1
