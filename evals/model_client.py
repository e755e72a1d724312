"""Ask a model over HTTP: the OpenAI-compatible chat completion, asynchronously.

One client for every provider of that shape, the simulator among them. What the model
said is an answer; anything else (time-out, 429 that does not end, 5xx, broken JSON) is
an infrastructure error, which is never a pass and never a fail.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

ATTEMPTS = 4
"""Tries a call before it is recorded as an infrastructure error."""

LONGEST_PAUSE = 20.0
"""Seconds: no Retry-After is honoured beyond this within one try of a work item."""


@dataclass(frozen=True)
class Endpoint:
    """Where a provider answers. `key` never reaches a log, a page or an error."""

    provider: str
    base_url: str
    key: str = field(repr=False)
    concurrency: int
    timeout: float


@dataclass(frozen=True)
class Reply:
    """One answer. Tokens are the provider's own counts, latency in milliseconds."""

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float


class CallFailed(Exception):
    """No answer could be had; the message is fit for a page."""

    def __init__(self, message: str, *, again: bool, pause: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.pause = pause


def open_session(endpoint: Endpoint) -> aiohttp.ClientSession:
    """A session with one connection a call in flight."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=endpoint.concurrency),
        timeout=aiohttp.ClientTimeout(total=endpoint.timeout),
        headers={"Authorization": f"Bearer {endpoint.key}"},
    )


async def complete(
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    snapshot: str,
    messages: Sequence[dict[str, Any]],
    *,
    seed: int = 0,
) -> Reply:
    """The model's answer to `messages`, retried with backoff and jitter.

    Temperature 0 and a seed: the repeats of a case differ by their seed alone. Raises
    CallFailed when ATTEMPTS are used up or the request itself is refused.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _once(session, endpoint, snapshot, messages, seed)
        except CallFailed as failure:
            if not failure.again or attempt == ATTEMPTS:
                raise
            await asyncio.sleep(_pause(attempt, failure.pause))
    raise AssertionError("unreachable")


def _pause(attempt: int, asked: float | None) -> float:
    """Seconds to wait: what the provider asked for, else 0.25 s doubling, with jitter."""
    if asked is not None:
        return min(asked, LONGEST_PAUSE) + random.uniform(0, 0.1)
    return 0.25 * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)


async def _once(
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    snapshot: str,
    messages: Sequence[dict[str, Any]],
    seed: int,
) -> Reply:
    body = {"model": snapshot, "messages": list(messages), "temperature": 0, "seed": seed}
    started = time.monotonic()
    try:
        async with session.post(f"{endpoint.base_url}/chat/completions", json=body) as response:
            if response.status != 200:
                raise await _refused(response, endpoint.key)
            document = await response.json()
    except TimeoutError:
        message = f"No answer within {endpoint.timeout:g} s."
        raise CallFailed(message, again=True) from None
    except (aiohttp.ClientError, ValueError) as error:
        raise CallFailed(f"{type(error).__name__} from {endpoint.provider}.", again=True) from None
    return _reply(document, (time.monotonic() - started) * 1000)


async def _refused(response: aiohttp.ClientResponse, key: str) -> CallFailed:
    """What a status other than 200 means: 429 and 5xx may pass, other 4xx will not."""
    said = await response.text()
    detail = _storable(said.replace(key, "…") if key else said)[:300]
    again = response.status == 429 or response.status >= 500
    return CallFailed(
        f"HTTP {response.status}: {detail}", again=again, pause=_retry_after(response.headers)
    )


def _retry_after(headers: Any) -> float | None:
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


LARGEST_COUNT = 2**31 - 1
"""What the column holds; no context window comes near."""


def _count(value: Any) -> int | None:
    """A provider's token count, None for what is none."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return value if known else None


def _storable(text: str) -> str:
    """What a text column can hold: U+FFFD for NUL and for half of a cut-off emoji."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def _reply(document: Any, latency_ms: float) -> Reply:
    try:
        choice = document["choices"][0]
        usage = document.get("usage") or {}
        return Reply(
            text=_storable(choice["message"]["content"] or ""),
            finish_reason=_storable(str(choice.get("finish_reason") or "")),
            prompt_tokens=_count(usage.get("prompt_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            latency_ms=latency_ms,
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        message = "The answer is not a chat completion (no choices[0].message.content)."
        raise CallFailed(message, again=True) from None
