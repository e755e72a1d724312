"""The feed's connection when PostgreSQL is not there."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from fleet.stream import feed as module
from fleet.stream.feed import Feed, FeedDown


def test_whoever_queued_behind_a_failure_does_not_wait_it_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    async def connect(self: Feed) -> Any:
        tried.append(time.monotonic())
        await asyncio.sleep(60)

    monkeypatch.setattr(Feed, "_connect", connect)
    monkeypatch.setattr(module, "QUERY_SECONDS", 0.1)

    async def main() -> list[Any]:
        feed = Feed()
        return await asyncio.gather(*(feed.span() for _ in range(50)), return_exceptions=True)

    begun = time.monotonic()
    answers = asyncio.run(main())
    assert all(isinstance(one, FeedDown) for one in answers)
    assert len(tried) == 1 and time.monotonic() - begun < 1.0


def test_it_is_asked_again_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    async def connect(self: Feed) -> Any:
        tried.append(1)
        raise OSError("refused")

    monkeypatch.setattr(Feed, "_connect", connect)
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)

    async def main() -> None:
        feed = Feed()
        for _ in range(2):
            with pytest.raises(FeedDown, match="refused"):
                await feed.span()
            await asyncio.sleep(0.02)

    asyncio.run(main())
    assert len(tried) == 2
