"""The simulated model server, for as long as a check takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from evals.simulator.server import make_app

HOST = "127.0.0.1"


@contextmanager
def simulated_models() -> Iterator[str]:
    """The address of a simulated server on a thread of its own, on a free port."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(make_app(), access_log=None)

    async def start() -> str:
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        port = runner.addresses[0][1]
        return f"http://{HOST}:{port}/v1"

    thread = threading.Thread(target=loop.run_forever, name="simulated-models", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=30)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
