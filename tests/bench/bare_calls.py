"""A bare aiohttp loop: the calls and nothing else.

`python -m tests.bench.bare_calls URL IN_FLIGHT < bodies` posts every line of its input and reads
the JSON that comes back; prints how many and its CPU seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import aiohttp


async def main(url: str, in_flight: int, bodies: list[bytes]) -> None:
    """Make the calls."""
    todo = iter(bodies)
    answered = 0

    async def worker(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        for body in todo:
            async with session.post(url, data=body) as response:
                document = json.loads(await response.read())
                answered += bool(document["choices"][0]["message"]["content"])

    spent = os.times()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        headers={"Content-Type": "application/json"},
    ) as session:
        await asyncio.gather(*(worker(session) for _ in range(in_flight)))
    now = os.times()
    print(
        json.dumps({"answered": answered, "cpu": now.user + now.system - spent.user - spent.system})
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read().splitlines()))
