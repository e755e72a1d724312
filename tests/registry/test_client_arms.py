"""The SDK while several releases share the traffic; fallbacks, shadow, stale answers, asyncio."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import registry.client as client_module
from fleet.release.traffic import Arm, as_json, choose
from registry.client import PromptClient, PromptUnavailable, _Entry, _Split
from tests.registry.sdk_server import TTL, Clock, Registry, until

ARMS = [
    {"release_id": "r1", "share": 0.5, "stage": "live"},
    {"release_id": "r2", "share": 0.3, "stage": "canary"},
    {"release_id": "r3", "share": 0.2, "stage": "canary"},
]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(client_module, "monotonic", clock)
    return clock


@pytest.fixture
def server() -> Iterator[Registry]:
    registry = Registry()
    registry.arms = ARMS
    registry.up()
    yield registry
    registry.may_answer.set()
    registry.down()


@pytest.fixture
def fleet(server: Registry, clock: Clock, tmp_path: Path) -> Iterator[PromptClient]:
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache", timeout=2) as client:
        yield client


def session_of(server: Registry, release: str, skip: int = 0) -> str:
    """A session's name whose arm is that release."""
    arms = [Arm(row["release_id"], row["share"], row["stage"]) for row in server.arms]
    names = (name for name in map(str, range(10_000)))
    found = [name for name in names if choose(arms, "salt", name).release_id == release]
    return found[skip]


def test_client_and_registry_send_ten_thousand_sessions_to_the_same_arms() -> None:
    chance = random.Random(7)
    for _ in range(10):
        shares = [chance.uniform(0, 0.3) for _ in range(chance.randint(1, 3))]
        arms = [Arm(str(uuid.UUID(int=n)), share, "canary") for n, share in enumerate(shares)]
        arms.insert(chance.randint(0, len(arms)), Arm("live", 1 - sum(shares), "live"))
        salt = f"support-triage/tenant-{chance.random()}/de-AT/primary"
        split = _Split.of({"salt": salt, "arms": as_json(arms), "release_id": "live"})
        entry = _Entry(None, None, split, TTL, 0.0)
        for number in range(1000):
            session = f"user-{number}-ü\ud800" if number % 3 else str(uuid.UUID(int=number))
            assert (entry.arm_of(session) or "live") == choose(arms, salt, session).release_id


def test_each_arm_is_fetched_once_however_many_sessions(server, fleet):
    fleet.get("p")
    for number in range(500):
        session = str(number)
        assert fleet.get("p", session=session).release_id == server.body({"session": [session]})[
            "release_id"
        ]  # fmt: skip
    assert len(server.asked) == 3
    assert len(fleet._entries) == 1 and set(fleet._entries["p", None, None, None, None].texts) == {
        "r2", "r3",
    }  # fmt: skip


def test_session_of_an_arm_that_is_not_live_is_answered_cold_by_one_request(server, fleet):
    session = session_of(server, "r2")
    assert fleet.get("p", session=session).release_id == "r2"
    assert server.asked[0]["session"] == [session]
    # The live text is fetched behind, to be at hand should the registry be gone.
    until(lambda: fleet._entries["p", None, None, None, None].prompt is not None)
    assert len(server.asked) == 2
    assert fleet.get("p").release_id == "r1"
    assert len(server.asked) == 2


def test_many_sessions_of_a_cold_prompt_share_requests(server, fleet):
    server.may_answer.clear()
    with ThreadPoolExecutor(16) as pool:
        gets = {name: pool.submit(fleet.get, "p", session=name) for name in map(str, range(16))}
        until(lambda: server.asked)
        server.may_answer.set()
        found = {name: get.result().release_id for name, get in gets.items()}
    assert found == {name: server.body({"session": [name]})["release_id"] for name in found}
    assert len(server.asked) <= 4  # one cold, one for each other arm, the live one behind


def test_new_canary_takes_its_share_and_its_end_brings_sessions_together(server, fleet, clock):
    server.arms = ARMS[:1]
    server.text = "one"
    names = [str(number) for number in range(30)]
    assert {fleet.get("p", session=name).release_id for name in names} == {"r1"}
    server.arms = [{**ARMS[0], "share": 0.7}, ARMS[1]]
    clock.skip(TTL)
    assert {fleet.get("p", session=name).release_id for name in names} == {"r1", "r2"}
    server.arms = [{"release_id": "r2", "share": 1.0, "stage": "live"}]
    clock.skip(TTL)
    assert {fleet.get("p", session=name).release_id for name in names} == {"r2"}
    assert fleet._entries["p", None, None, None, None].texts == {}


def test_registry_down_a_session_keeps_its_arm_and_others_get_the_live_text(server, fleet, clock):
    own, other = session_of(server, "r2"), session_of(server, "r3")
    fleet.get("p")
    fleet.get("p", session=own)
    server.down()
    clock.skip(TTL)
    assert (fleet.get("p", session=own).release_id, fleet.get("p", session=own).stale) == (
        "r2", True,
    )  # fmt: skip
    unknown = fleet.get("p", session=other)
    assert (unknown.release_id, unknown.stale) == ("r1", True)


def test_restart_with_the_registry_down_serves_the_live_text_to_every_session(
    server, fleet, tmp_path
):
    fleet.get("p", session=session_of(server, "r2"))
    until(lambda: list((tmp_path / "cache").glob("*.json")))
    server.down()
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache") as again:
        prompt = again.get("p", session=session_of(server, "r2"))
        assert (prompt.release_id, prompt.stale) == ("r1", True)


def fallback(text: str, **more: Any) -> dict[str, Any]:
    return {
        "lane": "fallback", "prompt_id": "p9", "model": {"snapshot": "m-2"}, "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "variables": [{"name": "user_name", "required": True}], **more,
    }  # fmt: skip


def test_fallbacks_are_prompts_of_their_own_and_a_damaged_one_is_left_out(server, fleet):
    server.more = {
        "fallbacks": [fallback("Hi {{user_name}}"), fallback("x", sha256="0" * 64), {"lane": "y"}]
    }
    (one,) = fleet.get("p").fallbacks
    assert (one.lane, one.prompt_id, one.model["snapshot"]) == ("fallback", "p9", "m-2")
    assert one.render(user_name="Ana") == "Hi Ana"


def test_shadow_is_fetched_once_with_the_same_question(server, fleet):
    server.arms = ARMS[:1]
    server.more = {"shadow": {"release_id": "s1", "sha256": "x"}}
    prompt = fleet.get("p", tenant="acme", task_tier="simple")
    assert prompt.shadow == {"release_id": "s1", "sha256": "x"}
    shadow = fleet.shadow(prompt)
    assert shadow is not None and shadow.text.endswith("in the shadow")
    assert fleet.shadow(prompt) is shadow
    assert server.asked[1:] == [
        {
            "path": ["/api/v1/prompts/p"], "tenant": ["acme"], "task_tier": ["simple"],
            "stage": ["shadow"],
        }
    ]  # fmt: skip


def test_shadow_never_troubles_its_caller(server, fleet):
    assert fleet.shadow(fleet.get("q")) is None
    server.more = {"shadow": {"release_id": "s1"}}
    prompt = fleet.get("p")
    server.status = 404
    assert fleet.shadow(prompt) is None
    asked = len(server.asked)
    assert fleet.shadow(prompt) is None
    assert len(server.asked) == asked
    server.status = 200
    assert fleet.get("p") is prompt


@pytest.mark.parametrize("how", ["header", "body"])
def test_registry_that_answers_from_a_copy_marks_the_prompt_stale(server, fleet, clock, how):
    server.arms = ARMS[:1]
    if how == "header":
        server.answer_headers = {"X-Fleet-Stale": "database"}
    else:
        server.more = {"stale": True}
    assert fleet.get("p").stale
    server.answer_headers, server.more = {}, {}
    clock.skip(TTL)
    assert not fleet.get("p").stale


def test_registrys_older_copy_does_not_take_a_newer_texts_place(server, fleet, clock):
    server.arms = ARMS[:1]
    fleet.get("p")
    server.answer_headers, server.text = {"X-Fleet-Stale": "1"}, "an older one"
    clock.skip(TTL)
    prompt = fleet.get("p")
    assert (prompt.text, prompt.stale) == ("Hello {{ user_name }}", True)


def test_warm_aget_takes_no_thread_and_a_cold_one_does_not_hold_up_the_loop(server, fleet):
    server.arms = ARMS[:1]

    async def cold_then_warm() -> tuple[Any, Any]:
        server.may_answer.clear()
        cold = asyncio.create_task(fleet.aget("p", session="u"))
        while not server.asked:
            await asyncio.sleep(0.001)  # the loop goes on meanwhile
        server.may_answer.set()
        first = await cold
        coroutine = fleet.aget("p", session="u")
        with pytest.raises(StopIteration) as done:
            coroutine.send(None)  # a coroutine that never waits ends at its first step
        return first, done.value.value

    first, second = asyncio.run(cold_then_warm())
    assert first is second


def test_text_withdrawn_for_one_is_dropped_for_all_who_had_the_same(server, fleet, tmp_path, clock):
    server.arms = ARMS[:1]
    fleet.get("p", tenant="acme")
    fleet.get("p")
    fleet.get("q")
    assert len(list((tmp_path / "cache").iterdir())) == 3
    server.status = 410
    clock.skip(TTL)
    with pytest.raises(client_module.PromptGone):
        fleet.get("p")
    server.down()
    with pytest.raises(PromptUnavailable):
        fleet.get("p", tenant="acme")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert fleet.get("q").stale


def test_withdrawn_file_that_cannot_be_removed_is_emptied(
    server, fleet, tmp_path, clock, monkeypatch
):
    fleet.get("p")
    (file,) = (tmp_path / "cache").iterdir()
    server.status = 410
    clock.skip(TTL)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(client_module.PromptGone):
            fleet.get("p")
    assert "Hello" not in file.read_text()
    server.down()
    with (
        PromptClient(server.url, "secret", cache_dir=tmp_path / "cache") as again,
        pytest.raises(PromptUnavailable),
    ):
        again.get("p")


def test_withdrawn_file_that_cannot_be_touched_is_not_read_again(
    server, fleet, tmp_path, clock, monkeypatch
):
    fleet.get("p")
    server.status = 410
    clock.skip(TTL)
    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(client_module.PromptGone):
        fleet.get("p")
    server.down()
    with pytest.raises(PromptUnavailable):
        fleet.get("p")


def refuse(*_: object, **__: object) -> None:
    raise PermissionError("read-only")


def test_files_on_disk_are_bounded_and_the_oldest_go(server, tmp_path):
    with PromptClient(server.url, "k", cache_dir=tmp_path, max_entries=50, stream=False) as fleet:
        for number in range(101):
            fleet.get("p", tenant=str(number))
            os.utime(fleet._disk._path(("p", str(number), None, None, None)), (number, number))
        assert len(list(tmp_path.iterdir())) <= 51


def test_readers_beside_a_changing_registry_never_see_a_mixed_answer(server, fleet):
    server.arms = ARMS[:1]
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            prompt = fleet.get("p")
            if hashlib.sha256(prompt.text.encode()).hexdigest() != prompt.sha256:
                wrong.append(prompt)
            time.sleep(0.0005)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for one in readers:
        one.start()
    for number in range(15):
        server.text = f"text {number}"
        fleet._changed("p", None)
        until(lambda text=server.text: fleet.get("p").text == text)
    stop.set()
    for one in readers:
        one.join()
    assert wrong == []


def row(server: Registry, slug: str, **names: Any) -> dict[str, Any]:
    """An entry of the bulk answer."""
    where = {"prompt": slug, "tenant": "acme", "locale": "en", "lane": "primary", **names}
    return {**server.body({}), **where}


def test_warm_fetches_all_pages_once_and_each_get_after_it_asks_nothing(server, fleet):
    server.arms = ARMS[:1]
    server.everything = [[row(server, f"p{n}"), row(server, f"q{n}")] for n in range(3)]
    assert fleet.warm(tenant="acme") == 6
    assert [(asked["tenant"], asked.get("cursor")) for asked in server.asked] == [
        (["acme"], None), (["acme"], ["1"]), (["acme"], ["2"]),
    ]  # fmt: skip
    for slug in ("p0", "q2"):
        assert fleet.get(slug, tenant="acme").revision == 12
        assert fleet.get(slug, tenant="acme", locale="en", lane="primary").revision == 12
    assert len(server.asked) == 3


def test_warm_asks_for_what_it_cannot_tell_and_leaves_out_what_is_damaged(server, fleet):
    server.arms = ARMS[:1]
    server.everything = [
        [row(server, "p"), row(server, "p", locale="de"), row(server, "q", sha256="0" * 64)]
    ]
    assert fleet.warm(tenant="acme") == 2
    assert [asked["path"] for asked in server.asked] == [["/api/v1/prompts"], ["/api/v1/prompts/p"]]
    assert fleet.get("p", tenant="acme", locale="de", lane="primary").revision == 12
    assert len(server.asked) == 2


def test_warmed_texts_are_on_disk_for_a_restart_and_are_not_polled_unused(
    server, fleet, tmp_path, clock
):
    server.arms = ARMS[:1]
    server.everything = [[row(server, "p")]]
    fleet.warm(tenant="acme")
    clock.skip(TTL)
    fleet._poll()
    assert fleet._queued == set()
    server.down()
    with PromptClient(server.url, "secret", cache_dir=tmp_path / "cache") as again:
        assert again.get("p", tenant="acme").stale


def test_change_heard_while_warming_is_not_lost(server, fleet):
    server.arms = ARMS[:1]
    server.everything = [[row(server, "p")]]
    server.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        warming = pool.submit(fleet.warm, "acme")
        until(lambda: server.asked)
        server.text = "new"
        fleet._changed("p", "acme")
        server.may_answer.set()
        warming.result()
    assert fleet.get("p", tenant="acme").text == "new"
