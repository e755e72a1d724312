"""A provider's limits, pauses and silence, in an event loop and without a database."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web

from evals import model_client
from evals.model_client import CallFailed, Endpoint, Later, Reply
from evals.runner.lane import Lane
from evals.runner.terms import Event, Hold, Need
from tests.evals.endpoint import Provider, provider


class Asking:
    """A lane to a provider with calls through it."""

    def __init__(self, provider: Provider, *, patience: float, wait: float, **limits: Any) -> None:
        self.endpoint = Endpoint(
            "test", provider.url, "k", limits.get("concurrency", 4), limits.get("timeout", 5.0),
            calls_a_minute=limits.get("calls_a_minute"),
        )  # fmt: skip
        self.told: list[Event] = []
        self.lane = Lane(
            self.endpoint, self.told.append, patience=patience, longest_wait=lambda: wait
        )

    async def calls(self, number: int) -> list[Any]:
        """What comes of so many calls at once."""
        async with model_client.open_session(self.endpoint) as session:
            one = [
                model_client.complete(
                    session, self.endpoint, "m", [{"content": "?"}], door=self.lane
                )
                for _ in range(number)
            ]
            found = await asyncio.gather(*one, return_exceptions=True)
        await self.lane.close()
        return found


def through(
    found: Provider, number: int, *, patience: float = 9, wait: float = 9, **limits: Any
) -> tuple[list[Any], list[Event]]:
    async def run() -> tuple[list[Any], list[Event]]:
        asking = Asking(found, patience=patience, wait=wait, **limits)
        return await asking.calls(number), asking.told

    return asyncio.run(run())


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    with provider(latency=0.02) as found:
        replies, _ = through(found, 12, concurrency=3)
    assert found.most_in_flight == 3 and all(isinstance(one, Reply) for one in replies)


def test_a_provider_that_hangs_is_given_up_by_all_calls_after_our_patience() -> None:
    with provider() as found:
        found.hang = True
        began = time.monotonic()
        failures, _ = through(found, 40, patience=0.4, timeout=30)
    assert time.monotonic() - began < 2
    assert {type(one) for one in failures} == {CallFailed}
    assert "gave no answer for 0.4 s" in str(failures[-1]) and len(found.calls) == 4


def test_slow_answers_are_no_silence() -> None:
    with provider(latency=0.15) as found:
        replies, _ = through(found, 8, patience=0.4, concurrency=1)
    assert all(isinstance(one, Reply) for one in replies)


def test_a_given_up_provider_is_tried_by_one_call_after_a_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evals.runner.lane.REST", 0.2)

    async def run(found: Provider) -> list[Any]:
        asking = Asking(found, patience=0.2, wait=9, timeout=30)
        async with model_client.open_session(asking.endpoint) as session:

            async def call() -> Any:
                try:
                    return await model_client.complete(
                        session, asking.endpoint, "m", [{"content": "?"}], door=asking.lane
                    )
                except CallFailed as failure:
                    return failure

            seen = [await call()]
            found.hang = False
            seen.append(await call())
            await asyncio.sleep(0.25)
            seen.append(await call())
            await asking.lane.close()
        return seen

    with provider() as found:
        found.hang = True
        first, second, third = asyncio.run(run(found))
    assert isinstance(first, CallFailed) and isinstance(second, CallFailed)
    assert isinstance(third, Reply) and len(found.calls) == 2


def test_retry_after_holds_every_call_back() -> None:
    refused = []

    def answer(body: dict[str, Any]) -> Any:
        if refused:
            return "Yes."
        refused.append(1)
        return web.Response(status=429, headers={"Retry-After": "0.3"})

    with provider(answer) as found:
        replies, told = through(found, 6, concurrency=1)
    assert all(isinstance(one, Reply) for one in replies)
    assert found.times[1] - found.times[0] >= 0.3 and told == [Hold("test", 0.3)]


def test_a_pause_longer_than_one_waits_here_is_handed_back() -> None:
    with provider(lambda body: web.Response(status=429, headers={"Retry-After": "600"})) as found:
        replies, _ = through(found, 3, concurrency=1)
    assert {type(one) for one in replies} == {Later} and len(found.calls) == 1


def test_a_call_waits_for_its_turn_by_the_rate_limit() -> None:
    async def run(found: Provider) -> list[Any]:
        asking = Asking(found, patience=9, wait=9, calls_a_minute=600)

        async def grant() -> None:
            while len(found.calls) < 5:
                if asking.told:
                    assert asking.told.pop() == Need("test")
                    asking.lane.grant([0.0, 0.1, 0.2, 0.3, 0.4])
                await asyncio.sleep(0.01)

        task = asyncio.create_task(grant())
        found_ = await asking.calls(5)
        await task
        return found_

    with provider() as found:
        replies = asyncio.run(run(found))
    gaps = [b - a for a, b in zip(found.times, found.times[1:], strict=False)]
    assert len(replies) == 5 and min(gaps) > 0.05 and 0.35 < found.times[-1] - found.times[0] < 1
