"""Who gets the sign-in wrong too often has to wait; nobody learns which usernames there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from fleet import tries
from fleet.signin import limits
from fleet.signin.forms import too_many
from tests.builders import PASSWORD, Fleet

AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three wrong tries of an account and five of an address; Redis is away."""
    monkeypatch.setattr(limits, "PER_ACCOUNT", 3)
    monkeypatch.setattr(limits, "PER_ADDRESS", 5)
    monkeypatch.setattr(tries, "_HERE", tries._Here())
    with override_settings(REDIS_URL=AWAY):
        yield


def sign_in(username: str, password: str = "wrong", address: str = "192.0.2.1") -> HttpResponse:
    typed = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post(reverse("login"), typed)


def test_known_and_unknown_username_are_refused_in_the_same_words(fleet: Fleet, few: None) -> None:
    for username in (fleet.engineer.username, "nobody"):
        answers = [sign_in(username, address=username) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert b"do not go together" in answers[2].content
        assert b"Too many wrong sign-ins. Try again in 15 minutes" in answers[3].content
        assert 0 < int(answers[3]["Retry-After"]) <= limits.SECONDS


def test_right_password_is_not_looked_at_while_the_account_waits(fleet: Fleet, few: None) -> None:
    for n in range(3):
        sign_in(fleet.engineer.username.upper() if n else f" {fleet.engineer.username}")
    assert sign_in(fleet.engineer.username, PASSWORD, "198.51.100.7").status_code == 429
    assert sign_in(fleet.operator.username, PASSWORD).status_code == 302, "others come in"


def test_right_password_resets_the_account(fleet: Fleet, few: None) -> None:
    for _ in range(2):
        assert [sign_in(fleet.engineer.username).status_code for _ in range(2)] == [200, 200]
        assert sign_in(fleet.engineer.username, PASSWORD).status_code == 302


def test_own_account_does_not_reset_the_address_for_guesses_at_others(
    fleet: Fleet, few: None
) -> None:
    for n in range(5):
        assert sign_in(f"guess-{n}").status_code == 200
        if n < 4:
            assert sign_in(fleet.engineer.username, PASSWORD).status_code == 302
    assert sign_in("guess-5").status_code == 429
    assert sign_in("guess-5", address="198.51.100.7").status_code == 200, "its address alone waits"


def test_workshop_has_no_door_without_a_limit(fleet: Fleet, client: Client) -> None:
    door = reverse("admin:login")
    for answer in (client.get(reverse("admin:index"), follow=True),
                   client.post(door, {"username": fleet.operator.username,
                                      "password": PASSWORD}, follow=True)):  # fmt: skip
        assert answer.redirect_chain[-1][0].startswith(f"{reverse('login')}?next=/admin/")
    client.force_login(fleet.engineer)
    assert client.get(door).status_code == 403
    client.force_login(fleet.operator)
    assert client.get(door, {"next": "https://elsewhere.example/"})["Location"] == "/admin/"


def test_tries_are_counted_in_redis_for_all_processes_and_can_be_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = f"test:tries:{uuid.uuid4()}"
    assert [tries.count(key, 60).times for _ in range(2)] == [1, 2]
    monkeypatch.setattr(tries, "_HERE", tries._Here())  # as another process
    again = tries.count(key, 60)
    assert again.times == 3 and 58 <= again.seconds_left <= 60
    tries.give_back(key)
    assert tries.count(key, 60).times == 3
    tries.forget(key)
    tries.give_back(key)
    assert tries.count(key, 60).times == 1, "giving back what ran out leaves no count behind"
    tries.forget(key)


def test_address_is_the_proxys_word_and_a_network_for_ipv6() -> None:
    def seen(**headers: str) -> str:
        return tries.address_of(RequestFactory().get("/", **headers))

    assert seen(REMOTE_ADDR="2001:db8:1:2:3::4") == seen(REMOTE_ADDR="2001:db8:1:2::")
    forged = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.9"}
    assert seen(**forged) == "10.0.0.1", "on one machine nobody stands in front"
    with override_settings(LOCAL=False):
        assert seen(**forged) == "203.0.113.9"


def test_wait_is_told_in_minutes_rounded_up() -> None:
    assert "in a minute;" in too_many(60)
    assert "in 2 minutes;" in too_many(61)
