"""Ask a moderation service, where one is configured, about an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from evals.judges.terms import JudgeFailed, Moderate

TIMEOUT = aiohttp.ClientTimeout(total=20)
ATTEMPTS = 3
PAUSE = 0.4
"""Seconds before the second try; before the third twice as long."""

LONGEST = 20_000
"""Characters of an answer that are sent."""


@dataclass(frozen=True)
class Service:
    """A service that speaks OpenAI's `POST /moderations`. `key` reaches no log, page or error."""

    base_url: str
    model: str = ""
    key: str = field(default="", repr=False)

    @property
    def configured(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self.base_url)


def asking(session: aiohttp.ClientSession, service: Service) -> Moderate | None:
    """The function a judging `Context` asks, None where no service is configured."""
    if not service.configured:
        return None

    async def moderate(text: str) -> Mapping[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await _once(session, service, text)
            except (TimeoutError, aiohttp.ClientError, ValueError) as failure:
                if attempt == ATTEMPTS:
                    raise JudgeFailed(f"{type(failure).__name__} after {attempt} tries") from None
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    return moderate


async def _once(session: aiohttp.ClientSession, service: Service, text: str) -> Mapping[str, Any]:
    body = {"input": text[:LONGEST], **({"model": service.model} if service.model else {})}
    headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
    url = f"{service.base_url.rstrip('/')}/moderations"
    async with session.post(url, json=body, headers=headers, timeout=TIMEOUT) as response:
        if 400 <= response.status < 500 and response.status != 429:
            raise JudgeFailed(f"HTTP {response.status}")
        response.raise_for_status()
        document = await response.json()
    try:
        row = document["results"][0]
    except (KeyError, IndexError, TypeError):
        raise ValueError("no results[0]") from None
    if not isinstance(row, Mapping):
        raise ValueError("results[0] is no object")
    return row
