"""The bell, the list behind it, and the settings."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.notify.actions import save_settings, settings_of, tell
from fleet.notify.models import Notification
from registry.models import User
from tests.builders import make_user

pytestmark = pytest.mark.django_db
LIST, SETTINGS = "/notifications/", "/notifications/settings/"


@pytest.fixture
def ann() -> User:
    return make_user("viewer", "ann")


@pytest.fixture
def client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def told(user: User, subject: str = "Look", path: str = "/models/", key: str = "") -> Notification:
    tell(key or subject, "review.opened", [user], subject=subject, body="<b>Why</b>", path=path)
    return Notification.objects.get(key=f"{key or subject}:{user.pk}")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_bell_counts_what_is_unread_on_every_page(client: Client, ann: User) -> None:
    assert 'aria-label="Notifications"' in text(client.get("/models/"))
    for n in range(3):
        told(ann, f"Look {n}")
    assert "Notifications, 3 unread" in text(client.get("/models/"))


def test_the_bell_stops_counting_at_99(client: Client, ann: User) -> None:
    rows = [Notification(key=str(n), kind="x", user=ann, subject="S") for n in range(120)]
    Notification.objects.bulk_create(rows)
    assert "Notifications, 99+ unread" in text(client.get("/models/"))


def test_the_bell_costs_one_query_however_much_there_is(
    client: Client, ann: User, django_assert_num_queries: Any
) -> None:
    client.get(LIST)
    with django_assert_num_queries(9):
        client.get(LIST)
    for n in range(30):
        told(ann, f"Look {n}")
    with django_assert_num_queries(9):
        client.get(LIST)


def test_the_list_says_what_it_is_for_while_there_is_nothing(client: Client) -> None:
    assert "Nothing yet" in text(client.get(LIST))


def test_the_list_shows_ones_own_escaped_and_unread_first(client: Client, ann: User) -> None:
    told(ann, "Mine <script>")
    told(make_user("viewer", "ben"), "Of somebody else")
    page = text(client.get(LIST))
    assert "Mine &lt;script&gt;" in page and "&lt;b&gt;Why" in page
    assert "Of somebody else" not in page


def test_opening_one_marks_it_read_and_leads_to_its_page(client: Client, ann: User) -> None:
    one = told(ann)
    answer = client.post(reverse("notification-read", args=[one.pk]), {"go": ""})
    assert answer["Location"] == "/models/"
    assert "Nothing is unread" in text(client.get(LIST))
    assert "Look" in text(client.get(LIST, {"show": "all"}))


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_a_path_that_leads_away_is_not_followed(path: str, client: Client, ann: User) -> None:
    one = told(ann, path=path)
    answer = client.post(reverse("notification-read", args=[one.pk]), {"go": ""})
    assert answer["Location"] == LIST


def test_looking_changes_nothing(client: Client, ann: User) -> None:
    one = told(ann)
    client.get(LIST)
    assert client.get(reverse("notification-read", args=[one.pk])).status_code == 405
    assert client.get(reverse("notification-read-all")).status_code == 405
    assert Notification.objects.filter(read_at=None).count() == 1


def test_somebody_elses_is_not_found(client: Client) -> None:
    one = told(make_user("viewer", "ben"))
    assert client.post(reverse("notification-read", args=[one.pk])).status_code == 404
    assert Notification.objects.get().read_at is None


def test_all_are_marked_read_that_the_page_knew_of(client: Client, ann: User) -> None:
    for n in range(3):
        told(ann, f"Look {n}")
    newest = client.get(LIST).context["newest"]
    told(ann, "Later")
    client.post(reverse("notification-read-all"), {"newest": newest})
    assert Notification.objects.get(read_at=None).subject == "Later"


def test_settings_are_kept_and_say_when_the_next_digest_comes(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    typed = {"pace": "daily", "timezone": "Europe/Berlin", "told": ["review.decided"]}
    answer = client.post(SETTINGS, typed, follow=True)
    assert "Next digest: tomorrow 08:00 Europe/Berlin." in text(answer)
    kept = settings_of(ann)
    assert (kept.pace, kept.timezone) == ("daily", "Europe/Berlin")
    assert "review.opened" in kept.muted and "review.decided" not in kept.muted
    assert "release.break_glass" not in kept.muted


@pytest.mark.parametrize(
    ("pace", "place", "said"),
    [
        ("daily", "America/New_York", "Next digest: today 08:00 America/New_York."),
        ("daily", "Asia/Kolkata", "Next digest: tomorrow 08:00 Asia/Kolkata."),
        ("hourly", "UTC", "an hour after the next thing"),
        ("instant", "UTC", "with each notification"),
        ("off", "UTC", "No mail comes."),
    ],
)
def test_the_preview_follows_what_is_chosen(
    pace: str, place: str, said: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert said in text(client.get(SETTINGS, {"pace": pace, "timezone": place}))


def test_a_form_that_cannot_be_is_said_with_what_was_typed_kept(client: Client, ann: User) -> None:
    save_settings(ann, pace="hourly", timezone_name="UTC", muted=[])
    answer = client.post(SETTINGS, {"pace": "daily", "timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert settings_of(ann).pace == "hourly"
    checked = '<input type="radio" name="pace" value="daily" required id="id_pace_2" checked>'
    assert checked in text(answer)
