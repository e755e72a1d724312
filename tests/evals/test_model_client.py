"""What a provider may say without breaking the row it is stored in, or telling our key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from evals import model_client
from evals.model_client import CallFailed, Endpoint, Reply

KEY = "sk-secret-0123456789"


def ask(status: int, body: bytes) -> Reply:
    """One call to a server that answers just this."""

    async def run() -> Reply:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, body=body, content_type="application/json")

        app = web.Application()
        app.router.add_post("/chat/completions", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        endpoint = Endpoint("test", f"http://127.0.0.1:{port}", KEY, 1, 5.0)
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
