"""Posting outside: what is connected to, and what is not followed, awaited or read."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from fleet import posting
from fleet.posting import NotReached, parse, post
from fleet.webhook.addresses import may_connect
from tests.webhook.receiver import receiving


def leads_to(monkeypatch: pytest.MonkeyPatch, *places: str) -> list[str]:
    """Every name leads to these addresses; returns the names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (place, port, 0, 0))
            if ":" in place
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))
            for place in places
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def judged(found: str) -> bool:
    return may_connect("hooks.example.com", found, local=True)


def test_it_arrives_with_its_headers_and_the_answer_comes_back() -> None:
    with receiving() as receiver:
        answer = post(parse(receiver.url), b'{"a":1}', {"Fleet-Event": "x"})
    assert (answer.status, answer.body, answer.taken) == (200, "thanks", True)
    got = receiver.got[0]
    assert (got.path, got.body) == ("/in?who=fleet", b'{"a":1}')
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Fleet-Event"] == "x"


def test_a_name_is_looked_up_once_and_kept_in_the_host_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        asked = leads_to(monkeypatch, "127.0.0.1")
        post(parse(f"http://hooks.example.com:{receiver.port}/in"), b"{}", {})
    assert asked == ["hooks.example.com"]
    assert receiver.got[0].headers["Host"] == f"hooks.example.com:{receiver.port}"


@pytest.mark.parametrize("place", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_an_allowed_name_that_leads_inside_is_not_connected_to(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same name reaches the receiver above: only the permit keeps it out here."""
    with receiving() as receiver:
        leads_to(monkeypatch, place)
        with pytest.raises(NotReached, match="may not be told"):
            post(parse(f"http://hooks.example.com:{receiver.port}/in"), b"{}", {}, permit=judged)
    assert receiver.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::1]", "0x7f000001"])
def test_an_address_in_place_of_a_name_is_judged_too(host: str) -> None:
    with receiving() as receiver, pytest.raises(NotReached):
        post(parse(f"http://{host}:{receiver.port}/in"), b"{}", {}, permit=judged)
    assert receiver.got == []


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.status, receiver.headers = 302, {"Location": receiver.url}
        answer = post(parse(receiver.url), b"{}", {})
    assert (answer.status, len(receiver.got)) == (302, 1)
    assert not answer.taken


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert post(parse(receiver.url), b"{}", {}).taken
    assert (len(receiver.got), proxy.got) == (1, [])


def test_only_the_beginning_of_an_answer_is_read_and_made_storable() -> None:
    with receiving() as receiver:
        receiver.body = b"\x00\xff" + b"x" * 1_000_000
        answer = post(parse(receiver.url), b"{}", {})
    assert len(answer.body) == posting.ANSWER_BYTES
    assert answer.body.startswith("\ufffd\ufffdx")


def test_an_answer_that_drips_is_not_awaited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        began = time.monotonic()
        with pytest.raises(NotReached, match="No answer within"):
            post(parse(url), b"{}", {})
    assert time.monotonic() - began < 3


def test_what_nobody_listens_at_is_said_without_the_address() -> None:
    with receiving() as receiver:
        url = f"{receiver.url}&secret=hush"
    with pytest.raises(NotReached) as caught:
        post(parse(url), b"{}", {})
    assert str(caught.value) == "Nothing answers there."


def test_a_receiver_that_hangs_up_is_said_so() -> None:
    with receiving() as receiver:
        receiver.silent.set()
        with pytest.raises(NotReached, match="broke off"):
            post(parse(receiver.url), b"{}", {})
