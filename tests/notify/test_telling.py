"""Who is told what, once, and by which way."""

from __future__ import annotations

import pytest

from fleet.notify.actions import (
    UnusableSettings,
    mark_all_read,
    mark_read,
    save_settings,
    settings_of,
    tell,
)
from fleet.notify.kinds import KINDS
from fleet.notify.models import MailPace, Notification
from registry.models import User, WorkItem
from tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("operator", "ann")


@pytest.fixture
def ben() -> User:
    return make_user("viewer", "ben")


def mails() -> list[str]:
    return [item.payload["to"] for item in WorkItem.objects.filter(kind="mail").order_by("pk")]


def say(*people: User, key: str = "k", kind: str = "review.opened", subject: str = "Look") -> None:
    tell(key, kind, people, subject=subject, body="It is new.", path="/reviews/1/")


def choose(user: User, pace: str, muted: tuple[str, ...] = ()) -> None:
    save_settings(user, pace=pace, timezone_name="Europe/Berlin", muted=muted)


def test_each_person_is_told_once_however_often_it_is_said(ann: User, ben: User) -> None:
    for _ in range(5):
        say(ann, ann, ben)
    assert sorted(Notification.objects.values_list("user__username", flat=True)) == ["ann", "ben"]
    assert mails() == ["ann@fleet.example", "ben@fleet.example"]
    assert not Notification.objects.filter(mailed_at=None).exists()


@pytest.mark.parametrize("pace", ["hourly", "daily", "off"])
def test_whoever_wants_no_mail_at_once_gets_none_at_once(pace: str, ann: User, ben: User) -> None:
    choose(ann, pace)
    say(ann, ben)
    assert mails() == ["ben@fleet.example"]
    assert Notification.objects.filter(mailed_at=None).get().user == ann


def test_a_muted_kind_is_not_told(ann: User) -> None:
    choose(ann, "instant", ("review.opened",))
    say(ann)
    say(ann, key="other", kind="review.decided")
    assert [one.kind for one in Notification.objects.all()] == ["review.decided"]


def test_what_may_not_be_muted_is_told_all_the_same(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, kind = next((name, kind) for name, kind in KINDS.items() if not kind.mutable)
    with pytest.raises(UnusableSettings, match="cannot be muted"):
        choose(ann, "instant", (kind.name,))
    choose(ann, "instant")
    settings = settings_of(ann)
    settings.muted = [name]  # as the admin would write it
    settings.save()
    say(ann, kind=name)
    assert Notification.objects.count() == 1


def test_somebody_who_left_and_somebody_without_an_address_get_no_mail(
    ann: User, ben: User
) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)
    User.objects.filter(pk=ben.pk).update(email="")
    say(*User.objects.filter(pk__in=[ann.pk, ben.pk]))
    assert mails() == []
    assert Notification.objects.get().user == ben


def test_a_subject_of_two_lines_is_a_header_of_one(ann: User) -> None:
    say(ann, subject="One\nBcc: everybody@example.com")
    item = WorkItem.objects.get(kind="mail")
    assert item.payload["subject"] == "One Bcc: everybody@example.com"
    assert item.payload["body"].endswith("/reviews/1/")


@pytest.mark.parametrize(
    ("pace", "place", "muted"),
    [
        ("weekly", "UTC", ()),
        ("daily", "Mars/Olympus", ()),
        ("daily", "../../etc/passwd", ()),
        ("daily", "UTC", ("no.such",)),
    ],
)
def test_settings_that_cannot_be_are_refused(
    pace: str, place: str, muted: tuple[str, ...], ann: User
) -> None:
    with pytest.raises(UnusableSettings):
        save_settings(ann, pace=pace, timezone_name=place, muted=muted)
    assert settings_of(ann).pace == MailPace.INSTANT


def test_what_came_while_mail_was_off_is_not_mailed_afterwards(ann: User) -> None:
    choose(ann, "off")
    say(ann)
    choose(ann, "daily")
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_reading_is_ones_own_and_what_came_since_stays_unread(ann: User, ben: User) -> None:
    say(ann, ben)
    mine = Notification.objects.get(user=ann)
    assert mark_read(ben, mine.pk) is None
    say(ann, key="later")
    assert mark_all_read(ann, up_to=mine.pk) == 1
    unread = Notification.objects.filter(read_at=None).values_list("key", flat=True)
    assert sorted(unread) == sorted([f"k:{ben.pk}", f"later:{ann.pk}"])
