"""The SDK and the change stream: what it hears, what it misses, and where none comes through."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import registry.client as client_module
from registry.client import PromptClient, PromptGone, PromptUnavailable
from tests.registry.sdk_server import TTL, Clock, Registry, until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(client_module, "monotonic", clock)
    monkeypatch.setattr(client_module, "POLL_SECONDS", 0.05)
    return clock


@pytest.fixture
def server() -> Iterator[Registry]:
    registry = Registry()
    registry.stream_status = 200
    registry.up()
    yield registry
    registry.may_answer.set()
    registry.down()


@pytest.fixture
def fleet(server: Registry, clock: Clock, tmp_path: Path) -> Iterator[PromptClient]:
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache", timeout=2) as client:
        yield client


def hearing(fleet: PromptClient) -> None:
    """Fetch, and wait until the stream is open."""
    fleet.get("p")
    until(fleet._hears)


def test_change_is_seen_at_once_without_a_get_that_waits(server, fleet):
    hearing(fleet)
    server.text = "new"
    began = time.monotonic()
    server.announce(8)
    until(lambda: fleet.get("p").text == "new", seconds=1)
    assert time.monotonic() - began < 1


def test_change_of_another_prompt_or_tenant_asks_nothing(server, fleet):
    fleet.get("p", tenant="acme")
    hearing(fleet)
    asked = len(server.asked)
    server.announce(8, prompt="other")
    server.announce(9, tenant="somebody")
    server.announce(10, tenant="acme")
    until(lambda: len(server.asked) > asked)
    assert [row.get("tenant") for row in server.asked[asked:]] == [["acme"]]


def test_change_of_the_platform_default_concerns_every_tenant(server, fleet):
    fleet.get("p", tenant="acme")
    hearing(fleet)
    server.text = "new"
    server.announce(8, tenant=None)
    until(lambda: fleet.get("p", tenant="acme").text == "new")


def test_what_was_idle_is_asked_for_before_it_is_answered_again(server, fleet, clock):
    hearing(fleet)
    fleet._entries[("p", None, None, None, None)].used -= 3600
    asked, server.text = len(server.asked), "new"
    server.announce(8)
    until(lambda: fleet._entries[("p", None, None, None, None)].due < 0)
    assert len(server.asked) == asked
    assert fleet.get("p").text == "new"


def test_change_during_a_request_is_asked_for_again(server, fleet):
    hearing(fleet)
    server.may_answer.clear()
    server.announce(8)
    until(lambda: len(server.asked) == 2)  # under way, and it has read the old text
    server.text = "new"
    server.announce(9)
    until(lambda: fleet._announced)
    server.may_answer.set()
    until(lambda: fleet.get("p").text == "new")


def test_withdrawal_announced_raises_and_empties_the_disk(server, fleet, tmp_path):
    hearing(fleet)
    server.status = 410
    server.announce(8)
    until(lambda: not list((tmp_path / "cache").glob("*.json")))
    with pytest.raises(PromptGone):
        fleet.get("p")
    server.down()
    with pytest.raises(PromptUnavailable):
        fleet.get("p")


def test_reset_makes_everything_due(server, fleet):
    fleet.get("q")
    hearing(fleet)
    server.text = "new"
    server.tell('event: reset\nid: 90\ndata: {"cursor":"90"}\n\n')
    until(lambda: fleet.get("p").text == fleet.get("q").text == "new")


@pytest.mark.parametrize("data", ["no JSON", "[]", "{}"])
def test_change_that_cannot_be_read_makes_everything_due(server, fleet, data):
    hearing(fleet)
    server.text = "new"
    server.tell(f"data: {data}\n\n")
    until(lambda: fleet.get("p").text == "new")
    assert len(server.since) == 1, "the stream goes on"


def test_broken_stream_is_opened_again_where_it_stood(server, fleet):
    hearing(fleet)
    server.tell(": heartbeat\nid: 12\n\n")
    until(lambda: fleet._stream is not None and fleet._stream._cursor == "12")
    server.drop_streams()
    until(lambda: server.since == [None, "12"])
    until(fleet._hears)


def test_refused_cursor_is_dropped(server, fleet):
    hearing(fleet)
    server.stream_status = 400
    server.drop_streams()
    until(lambda: len(server.since) == 2)
    server.stream_status = 200
    until(lambda: server.since[1:] == ["7", None])


def test_change_before_the_stream_began_is_looked_for_soon(server, fleet, clock):
    hearing(fleet)
    server.text = "new"  # unannounced: it came between the fetch and the stream
    clock.skip(client_module.RECHECK_SECONDS)
    until(lambda: fleet.get("p").text == "new")


def test_sound_stream_vouches_for_a_prompt_past_its_ttl(server, fleet, clock, monkeypatch):
    monkeypatch.setattr(client_module, "SILENCE_SECONDS", 1000)
    hearing(fleet)
    clock.skip(TTL * 2)
    server.may_answer.clear()
    assert fleet.get("p").text == "Hello {{ user_name }}"


def test_silent_stream_vouches_for_nothing(server, fleet, clock):
    hearing(fleet)
    server.text = "new"
    clock.skip(client_module.SILENCE_SECONDS)
    assert fleet.get("p").text == "new"


@pytest.mark.parametrize("status", [404, 405, 501, 302, 403])
def test_without_a_stream_what_is_in_use_is_polled_within_its_ttl(server, clock, status):
    server.stream_status = status
    with PromptClient(server.url, "k") as fleet:
        fleet.get("p")
        until(lambda: server.since)
        server.text = "new"
        clock.skip(TTL * 0.95)
        until(lambda: len(server.asked) == 2)  # by itself: nobody called get
        until(lambda: fleet.get("p").text == "new")
        assert len(server.since) == 1, "it is not tried again for minutes"


def test_stream_that_a_proxy_keeps_back_counts_as_none(server, clock, monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_BYTES_SECONDS", 0.05)
    monkeypatch.setattr(client_module, "BLOCKED_SECONDS", 0.05)
    server.silent = True
    with PromptClient(server.url, "k") as fleet:
        fleet.get("p")
        until(lambda: len(server.since) > 1)
        assert not fleet._hears()
        server.silent = False
        until(fleet._hears)


def test_client_without_stream_opens_none(server, clock):
    with PromptClient(server.url, "k", stream=False) as fleet:
        fleet.get("p")
        clock.skip(TTL * 0.95)
        until(lambda: len(server.asked) == 2)
    assert server.since == []


def test_close_ends_the_stream_and_leaves_the_texts(server):
    fleet = PromptClient(server.url, "k")
    hearing(fleet)
    fleet.close()
    server.tell(": anybody there?\n\n" * 1000)
    assert fleet.get("p").revision == 12
    until(lambda: not threads("prompt-"))


def test_client_that_nobody_holds_takes_its_threads_along(server):
    fleet = PromptClient(server.url, "k")
    hearing(fleet)
    assert len(threads("prompt-")) == 2
    del fleet
    until(lambda: not threads("prompt-"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_hears_changes_and_leaves_its_parents_stream(server, fleet):
    hearing(fleet)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            fleet.get("p")
            until(fleet._hears)
            until(lambda: fleet.get("p").text == "new")
            code = 0
        finally:
            os._exit(code)
    until(lambda: len(server.streams) == 2)
    server.text = "new"
    server.announce(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    until(lambda: fleet.get("p").text == "new")
    assert len(server.since) == 2


def threads(prefix: str) -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(prefix)]
