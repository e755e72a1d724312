"""The SDK against a real HTTP server on the loopback."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import registry.client as client_module
from registry.client import (
    PromptAccessError,
    PromptClient,
    PromptGone,
    PromptIntegrityError,
    PromptNotFound,
    PromptUnavailable,
    PromptVariableError,
)
from tests.registry.sdk_server import TTL, Clock, Registry, until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(client_module, "monotonic", clock)
    return clock


@pytest.fixture
def server() -> Iterator[Registry]:
    registry = Registry()
    registry.up()
    yield registry
    registry.may_answer.set()
    registry.down()


@pytest.fixture
def fleet(server: Registry, clock: Clock, tmp_path: Path) -> Iterator[PromptClient]:
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache", timeout=2) as client:
        yield client


def test_first_get_asks_with_key_and_parameters_and_reads_the_answer(server, fleet):
    prompt = fleet.get("support triage", tenant="acme", locale="de", lane="primary", session="u1")
    assert server.asked == [
        {
            "path": ["/api/v1/prompts/support%20triage"], "tenant": ["acme"], "locale": ["de"],
            "lane": ["primary"], "session": ["u1"],
        }
    ]  # fmt: skip
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert (prompt.revision, prompt.version, prompt.stage) == (12, "2.3.1", "live")
    assert (prompt.prompt_id, prompt.release_id, prompt.stale) == ("p12", "r1", False)
    assert prompt.model["snapshot"] == "m-1" and prompt.layers == {"policy": 4}


def test_warm_get_asks_nothing(server, fleet):
    first = fleet.get("p", session="a")
    assert fleet.get("p", session="b") is first
    assert len(server.asked) == 1


def test_get_late_in_its_ttl_returns_old_at_once_and_refreshes_behind(server, fleet, clock):
    fleet.get("p")
    server.text = "new"
    server.may_answer.clear()
    clock.skip(TTL * 0.95)
    assert fleet.get("p").text == "Hello {{ user_name }}"
    server.may_answer.set()
    until(lambda: fleet.get("p").text == "new")


def test_get_past_ttl_asks_before_it_answers(server, fleet, clock):
    fleet.get("p")
    server.text = "new"
    clock.skip(TTL)
    assert fleet.get("p").text == "new"


def test_unchanged_prompt_is_revalidated_by_etag(server, fleet, clock):
    first = fleet.get("p")
    clock.skip(TTL * 2)
    assert fleet.get("p") is first
    assert server.not_modified == 1


def test_answer_without_ttl_uses_the_clients(server, tmp_path, clock):
    server.ttl = None
    with PromptClient(server.url, "k", ttl=5) as fleet:
        fleet.get("p")
        clock.skip(3)
        fleet.get("p")
        assert len(server.asked) == 1
        clock.skip(8)
        fleet.get("p")
        assert len(server.asked) == 2


def test_concurrent_cold_gets_share_one_request(server, fleet):
    server.may_answer.clear()
    with ThreadPoolExecutor(8) as pool:
        gets = [pool.submit(fleet.get, "p") for _ in range(8)]
        time.sleep(0.2)  # time enough for a second request, were there one
        server.may_answer.set()
        prompts = [get.result() for get in gets]
    assert len(server.asked) == 1
    assert len({id(prompt) for prompt in prompts}) == 1


def test_registry_down_serves_last_good_as_stale_and_recovers(server, fleet, clock):
    fleet.get("p")
    server.down()
    clock.skip(TTL * 2)
    assert fleet.get("p").stale
    server.text = "after"
    server.up()
    clock.skip(client_module.RETRY_SECONDS)
    until(lambda: fleet.get("p").text == "after")
    assert not fleet.get("p").stale


def test_failing_registry_serves_last_good(server, fleet, clock):
    fleet.get("p")
    server.status = 503
    clock.skip(TTL * 2)
    assert fleet.get("p").stale


def test_restart_with_registry_down_serves_from_disk(server, fleet, tmp_path):
    fleet.get("p", tenant="acme")
    server.down()
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache") as again:
        prompt = again.get("p", tenant="acme")
        assert (prompt.text, prompt.stale) == ("Hello {{ user_name }}", True)
        with pytest.raises(PromptUnavailable):
            again.get("p", tenant="other")


def test_disk_copy_is_private_and_a_damaged_one_is_not_served(server, fleet, tmp_path):
    fleet.get("p")
    (file,) = (tmp_path / "cache").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text().replace("Hello", "Hullo"))
    server.down()
    with (
        PromptClient(server.url, "secret", cache_dir=tmp_path / "cache") as again,
        pytest.raises(PromptUnavailable),
    ):
        again.get("p")


def test_cache_folder_that_cannot_be_written_costs_only_the_copy(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with PromptClient(server.url, "k", cache_dir=tmp_path / "file") as fleet:
        assert fleet.get("p").revision == 12


@pytest.mark.parametrize(("status", "error"), [(404, PromptNotFound), (410, PromptGone)])
def test_withdrawn_prompt_raises_and_is_forgotten_everywhere(
    server, fleet, tmp_path, status, error, clock
):
    fleet.get("p")
    server.status = status
    clock.skip(TTL * 2)
    with pytest.raises(error, match="because"):
        fleet.get("p")
    assert list((tmp_path / "cache").iterdir()) == []
    server.down()
    with pytest.raises(PromptUnavailable):
        fleet.get("p")


def test_prompt_withdrawn_while_refreshing_behind_raises_soon(server, fleet, clock):
    fleet.get("p")
    server.status = 410
    clock.skip(TTL * 0.95)

    def raises() -> bool:
        try:
            fleet.get("p")
        except PromptGone:
            return True
        return False

    until(raises, seconds=1)
    with pytest.raises(PromptGone):
        fleet.get("p")


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_raises_even_where_a_text_is_cached(server, fleet, status, clock):
    fleet.get("p")
    server.status = status
    clock.skip(TTL * 2)
    with pytest.raises(PromptAccessError):
        fleet.get("p")


def test_text_not_matching_its_sha256_is_an_error_and_never_cached(server, fleet, tmp_path):
    server.sha256 = "0" * 64
    with pytest.raises(PromptIntegrityError):
        fleet.get("p")
    assert not (tmp_path / "cache").exists()
    server.sha256 = None
    assert fleet.get("p").text == "Hello {{ user_name }}"


def test_text_damaged_on_refresh_leaves_the_last_good_one(server, fleet, clock):
    fleet.get("p")
    server.sha256, server.text = "0" * 64, "damaged"
    clock.skip(TTL * 2)
    prompt = fleet.get("p")
    assert (prompt.text, prompt.stale) == ("Hello {{ user_name }}", True)


def test_redirect_is_not_followed_so_the_key_stays_here(server, fleet):
    server.status = 302
    with pytest.raises(PromptUnavailable):
        fleet.get("p")
    assert len(server.asked) == 1


def test_memory_is_bounded_and_the_least_used_go_first(server):
    with PromptClient(server.url, "k", max_entries=10) as fleet:
        for number in range(25):
            fleet.get("p", tenant="kept")
            fleet.get("p", tenant=str(number))
        assert len(fleet._entries) <= 10
    assert sum(asked["tenant"] == ["kept"] for asked in server.asked) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_goes_on_from_memory_and_refreshes_itself(server, fleet, clock):
    fleet.get("p")
    clock.skip(TTL * 0.95)
    fleet.get("p")  # the parent's thread runs now; a child does not inherit it
    until(lambda: server.not_modified == 1)
    clock.skip(TTL * 0.95)
    server.text = "new"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            until(lambda: fleet.get("p").text == "new")
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_render_fills_declared_variables_verbatim_and_once(server, fleet):
    server.text = "{{ user_name }}/{{user_name}}/{{note}}/{{other}}/{{> slot}}"
    prompt = fleet.get("p")
    assert prompt.render(user_name=r"{{note}}\1") == r"{{note}}\1/{{note}}\1//{{other}}/{{> slot}}"
    assert prompt.render(user_name=1, note="n") == "1/1/n/{{other}}/{{> slot}}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "missing: user_name"),
        ({"user_name": None}, "missing: user_name"),
        ({"user_name": "A", "extra": 1}, "not declared: extra"),
    ],
)
def test_render_with_wrong_variables_raises_and_names_them(server, fleet, given, told):
    with pytest.raises(PromptVariableError, match=told):
        fleet.get("p").render(**given)


def test_client_file_imports_nothing_but_the_standard_library():
    tree = ast.parse(Path(client_module.__file__).read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert names <= set(sys.stdlib_module_names)
