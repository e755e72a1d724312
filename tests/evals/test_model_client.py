"""What a provider may say without breaking the row it is stored in, or telling our key."""

from __future__ import annotations

import asyncio
import json
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import web

from evals import model_client
from evals.model_client import CallFailed, Endpoint, Reply, anthropic, openai
from evals.model_client.reading import retry_after

KEY = "sk-secret-0123456789"


def ask(status: int, body: bytes, shape: str = "openai") -> Reply:
    """One call to a server that answers just this."""

    async def run() -> Reply:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, body=body, content_type="application/json")

        app = web.Application()
        app.router.add_post("/chat/completions", answer)
        app.router.add_post("/messages", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        endpoint = Endpoint("test", f"http://127.0.0.1:{port}", KEY, 1, 5.0, shape)
        try:
            async with model_client.open_session(endpoint) as session:
                return await model_client.complete(session, endpoint, "m-1", [])
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def completion(content: str, usage: str = "{}") -> bytes:
    body = '{"choices": [{"message": {"content": "%s"}, "finish_reason": "stop"}], "usage": %s}'
    return (body % (content, usage)).encode()


def test_cut_off_emoji_and_nul_are_replaced_and_whole_ones_kept() -> None:
    text = ask(200, completion(r"a\ud83d\ude00 b\ud83d c\u0000 d")).text
    assert text == "a😀 b\ufffd c\ufffd d"
    text.encode()


@pytest.mark.parametrize("count", ["-1", '"many"', "1.5", "99999999999", "null", "true"])
def test_token_count_that_is_none_is_unknown(count: str) -> None:
    reply = ask(200, completion("Yes.", f'{{"prompt_tokens": {count}, "completion_tokens": 3}}'))
    assert (reply.prompt_tokens, reply.completion_tokens) == (None, 3)


def test_error_never_repeats_our_key() -> None:
    with pytest.raises(CallFailed) as failure:
        ask(401, f"Incorrect API key provided: {KEY}\x00".encode())
    assert KEY not in str(failure.value)
    assert "\x00" not in str(failure.value)


def test_endpoint_hides_its_key_when_it_is_printed() -> None:
    endpoint: Any = Endpoint("openai", "https://example.org", KEY, 1, 5.0)
    assert KEY not in repr(endpoint)


def test_tool_calls_are_read_with_their_arguments() -> None:
    call = {"id": "1", "function": {"name": "find", "arguments": '{"order": 7}'}}
    odd = {"id": "2", "function": {"name": "say", "arguments": "not json"}}
    message = {"content": None, "tool_calls": [call, odd]}
    document = {"choices": [{"message": message, "finish_reason": "tool_calls"}]}
    reply = ask(200, json.dumps(document).encode())
    assert (reply.text, reply.finish_reason) == ("", "tool_calls")
    assert reply.tool_calls == (
        {"name": "find", "arguments": {"order": 7}}, {"name": "say", "arguments": "not json"},
    )  # fmt: skip


def test_a_message_of_anthropics_shape_is_read() -> None:
    document = {
        "content": [
            {"type": "text", "text": "Let me "}, {"type": "text", "text": "look."},
            {"type": "tool_use", "id": "t", "name": "find", "input": {"order": 7}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5},
    }  # fmt: skip
    reply = ask(200, json.dumps(document).encode(), "anthropic")
    assert (reply.text, reply.finish_reason) == ("Let me look.", "tool_calls")
    assert (reply.prompt_tokens, reply.completion_tokens) == (100, 5)
    assert reply.tool_calls == ({"name": "find", "arguments": {"order": 7}},)


def test_what_anthropic_is_sent_has_the_systems_words_apart_and_its_own_names() -> None:
    messages = [
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Bye"},
    ]  # fmt: skip
    sent = anthropic.body("claude-x-20250101", messages, 3, {"temperature": 0, "stop": "END"})
    assert sent["system"] == "Be kind." and sent["messages"] == messages[1:]
    assert sent["max_tokens"] > 0 and sent["stop_sequences"] == ["END"] and "seed" not in sent
    assert anthropic.headers(KEY)["x-api-key"] == KEY
    assert openai.body("m", messages, 3, {"temperature": 0})["seed"] == 3


def test_what_is_no_answer_of_the_shape_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.model_client.calling.ATTEMPTS", 1)
    for body in (b"[]", b"{}", b"<html>", b'{"content": [{"type": "text"}]}', b'{"content": 1}'):
        for shape in ("openai", "anthropic"):
            with pytest.raises(CallFailed):
                ask(200, body, shape)


def test_a_redirect_is_not_followed_with_our_key() -> None:
    with pytest.raises(CallFailed, match="HTTP 307"):
        ask(307, b"elsewhere")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), ("nan", None), ("1e9", 3600.0),
     (formatdate(1_800_000_030, usegmt=True), 30.0), (formatdate(1_700_000_000), 0.0)],
)  # fmt: skip
def test_retry_after_is_read_in_seconds_and_as_a_date(said: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": said}, now=1_800_000_000) == seconds
