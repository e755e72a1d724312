"""One call: tries, time-outs, pauses. What is sent and read is a matter of the shape."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol

import aiohttp

from evals.model_client import anthropic, openai
from evals.model_client.reading import UnreadableReply, retry_after, storable
from evals.model_client.terms import CallFailed, Endpoint, Later, Reply
from evals.parameters import in_effect

ATTEMPTS = 4
"""Tries a call before it is recorded as an infrastructure error."""

MOST_PAUSES = 20
"""Times that a call is asked again because the provider said when; then it is an error."""

LONGEST_PAUSE = 20.0
"""Seconds that are waited here where nobody watches the door; a longer Retry-After is `Later`."""

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of an answer; far beyond any context window."""

SHAPES: Mapping[str, ModuleType] = {"openai": openai, "anthropic": anthropic}


class Door(Protocol):
    """Who watches over a provider's limits; each try of a call goes through it."""

    async def enter(self) -> None:
        """Wait for a turn. CallFailed where there will be none, Later where not for long."""

    def leave(self, failure: CallFailed | None) -> None:
        """The try is over; `failure` None: it was answered."""

    def given_up(self) -> CallFailed | None:
        """Why a try was cancelled, where it was the door that did it."""


def open_session(endpoint: Endpoint) -> aiohttp.ClientSession:
    """A session with one connection a call in flight."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=endpoint.concurrency),
        timeout=aiohttp.ClientTimeout(total=endpoint.timeout),
        headers=SHAPES[endpoint.shape].headers(endpoint.key),
    )


async def complete(
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    snapshot: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
    parameters: Mapping[str, Any] | None = None,
    door: Door | None = None,
) -> Reply:
    """The model's answer to `messages`, retried with backoff and jitter.

    Temperature 0 unless `parameters` say otherwise, and a seed: the repeats of a case differ
    by their seed alone. A provider that says when to come again is asked then, which is no
    try of the ATTEMPTS. Raises CallFailed when those are used up or the request itself is
    refused, Later when the provider wants to be left alone for long.
    """
    shape = SHAPES[endpoint.shape]
    body = json.dumps(shape.body(snapshot, messages, seed, in_effect(parameters or {}))).encode()
    tries = pauses = 0
    while True:
        try:
            return await _through(door, session, endpoint, shape, body)
        except CallFailed as failure:
            paused = failure.pause is not None and pauses < MOST_PAUSES
            pauses, tries = pauses + paused, tries + (not paused)
            if not failure.again or tries >= ATTEMPTS:
                raise
            await asyncio.sleep(_pause(tries, failure.pause, door))


def _pause(tries: int, asked: float | None, door: Door | None) -> float:
    """Seconds to wait: what the provider asked for, else 0.25 s doubling, with jitter."""
    if asked is None:
        return 0.25 * 2 ** max(0, tries - 1) * random.uniform(0.5, 1.5)
    if door is not None:
        return 0.0  # the door keeps everybody waiting for as long
    if asked > LONGEST_PAUSE:
        raise Later(asked)
    return asked + random.uniform(0, 0.1)


async def _through(
    door: Door | None, session: aiohttp.ClientSession, endpoint: Endpoint, shape: ModuleType,
    body: bytes,
) -> Reply:  # fmt: skip
    if door is None:
        return await _once(session, endpoint, shape, body)
    await door.enter()
    failure: CallFailed | None = None
    try:
        return await _once(session, endpoint, shape, body)
    except CallFailed as found:
        failure = found
        raise
    except asyncio.CancelledError:
        failure = door.given_up()
        task = asyncio.current_task()
        if failure is None or task is None:
            raise
        task.uncancel()
        raise failure from None
    finally:
        door.leave(failure)


async def _once(
    session: aiohttp.ClientSession, endpoint: Endpoint, shape: ModuleType, body: bytes
) -> Reply:
    started = time.monotonic()
    try:
        async with session.post(
            f"{endpoint.base_url}{shape.PATH}", data=body, allow_redirects=False
        ) as response:
            raw = await _read(response)
            if response.status != 200:
                raise _refused(response, raw, endpoint.key)
    except TimeoutError:
        message = f"No answer within {endpoint.timeout:g} s."
        raise CallFailed(message, again=True) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise CallFailed(f"{type(error).__name__} from {endpoint.provider}.", again=True) from None
    latency = (time.monotonic() - started) * 1000
    try:
        reply: Reply = shape.reply(json.loads(raw), latency)
    except (UnreadableReply, ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, UnreadableReply) else "The answer is no JSON."
        raise CallFailed(said, again=True, heard=True) from None
    return reply


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body; ValueError where it does not end."""
    if response.content_length is not None and response.content_length <= LARGEST_BODY:
        return await response.read()
    read = bytearray()
    async for piece in response.content.iter_any():
        read += piece
        if len(read) > LARGEST_BODY:
            raise ValueError("An answer without end.")
    return bytes(read)


def _refused(response: aiohttp.ClientResponse, raw: bytes, key: str) -> CallFailed:
    """What a status other than 200 means: 408, 409, 429 and 5xx may pass, others will not."""
    said = raw[:4000].decode("utf-8", "replace")
    detail = storable(said.replace(key, "…") if key else said)[:300]
    status = response.status
    pause = retry_after(response.headers) if status in (429, 503, 529) else None
    return CallFailed(
        f"HTTP {status}: {detail}", again=status in (408, 409, 429) or status >= 500, pause=pause,
        heard=status < 500 or pause is not None,
    )  # fmt: skip
