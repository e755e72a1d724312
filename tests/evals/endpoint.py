"""A model provider to test with: speaks both shapes, remembers every call, fails on demand.

In this process on a thread of its own (`provider`), or as a process:
`python -m tests.evals.endpoint --port 9000 --latency-ms 50 --breaks sim-borealis:refund`, where
that model says BAD to questions that begin so; `GET /calls` tells what was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BAD = "@@never@@"

Answer = Callable[[dict[str, Any]], "str | web.Response"]


def well(body: dict[str, Any]) -> str:
    """An answer with the question in it."""
    return f"Gladly: {question_of(body)}"


def question_of(body: dict[str, Any]) -> str:
    """The last thing that was said."""
    return str(body["messages"][-1]["content"])


@dataclass
class Provider:
    """What was asked, when, and how many calls were in flight at most."""

    answer: Answer = well
    latency: float = 0.0
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    hang: bool = False
    url: str = ""

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/v1/chat/completions", self._openai)
        app.router.add_post("/v1/messages", self._anthropic)
        app.router.add_get("/calls", self._calls)
        return app

    async def _heard(self, request: web.Request) -> str | web.Response:
        body = json.loads(await request.read())
        self.calls.append(body)
        self.headers.append(dict(request.headers))
        self.times.append(time.monotonic())
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        try:
            if self.hang:
                await asyncio.sleep(60)
            if self.latency:
                await asyncio.sleep(self.latency)
            return self.answer(body)
        finally:
            self.in_flight -= 1

    async def _openai(self, request: web.Request) -> web.Response:
        said = await self._heard(request)
        if isinstance(said, web.Response):
            return said
        message = {"role": "assistant", "content": said}
        return web.json_response({
            "choices": [{"message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100},
        })  # fmt: skip

    async def _anthropic(self, request: web.Request) -> web.Response:
        said = await self._heard(request)
        if isinstance(said, web.Response):
            return said
        return web.json_response({
            "type": "message", "content": [{"type": "text", "text": said}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 1000, "output_tokens": 100},
        })  # fmt: skip

    async def _calls(self, request: web.Request) -> web.Response:
        asked = [[body["model"], body["messages"], body.get("seed")] for body in self.calls]
        return web.json_response({"asked": asked, "most_in_flight": self.most_in_flight})


@contextmanager
def provider(answer: Answer = well, latency: float = 0.0) -> Iterator[Provider]:
    """A provider that answers at `url` until the end of the block."""
    found = Provider(answer, latency)
    ready = threading.Event()
    stopping: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        stopping.append(lambda: loop.call_soon_threadsafe(stop.set))
        runner = web.AppRunner(found.app(), shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found
    finally:
        stopping[0]()
        thread.join(5)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--breaks", default=":")
    options = parser.parse_args()
    model, _, begins = options.breaks.partition(":")

    def answer(body: dict[str, Any]) -> str:
        breaks = model and body["model"].startswith(model) and question_of(body).startswith(begins)
        return BAD if breaks else well(body)

    served = Provider(answer, latency=options.latency_ms / 1000)
    web.run_app(served.app(), host="127.0.0.1", port=options.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
