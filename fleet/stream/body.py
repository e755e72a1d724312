"""A request's body for a thread that reads it like a file."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import IO, TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

READ_AT_ONCE = 256 * 1024
"""Bytes: a smaller body is read before a thread is taken, so slow senders hold none."""

CHUNK_SECONDS = 60.0
"""How long a thread waits for the next part of a large body."""


class BodyCut(OSError):
    """The caller left in the middle of its body."""


async def read_body(scope: Scope, proto: HTTPProtocol) -> tuple[IO[bytes], int | None]:
    """The body as a file, and its length where the headers do not tell it. Raises BodyCut.

    A body in chunks without a length is read whole, up to one byte more than Django takes.
    """
    headers = scope.headers
    length = headers.get("content-length")
    if length is None:
        if headers.get("transfer-encoding") is None and scope.http_version != "2":
            return io.BytesIO(), None
        data = await _some(proto, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        return io.BytesIO(data), len(data)
    if int(length) > READ_AT_ONCE:
        streamed = _Streamed(asyncio.get_running_loop(), aiter(proto))
        return io.BufferedReader(streamed, 64 * 1024), None  # type: ignore[type-var]
    data = await proto() if int(length) else b""
    if len(data) < int(length):
        raise BodyCut
    return io.BytesIO(data), None


async def _some(proto: HTTPProtocol, most: int) -> bytes:
    parts, size = [], 0
    async for part in proto:
        parts.append(part)
        size += len(part)
        if size >= most:
            break
    return b"".join(parts)[:most]


class _Streamed(io.RawIOBase):
    """Parts that arrive on the event loop, read from another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, parts: AsyncIterator[bytes]) -> None:
        self._loop, self._parts, self._rest = loop, parts, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = self._next()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> bytes:
        arriving = asyncio.run_coroutine_threadsafe(_one(self._parts), self._loop)
        try:
            return arriving.result(CHUNK_SECONDS)
        except (RuntimeError, TimeoutError) as cut:
            arriving.cancel()
            raise BodyCut("The rest of the body did not come.") from cut


async def _one(parts: AsyncIterator[bytes]) -> bytes:
    return await anext(parts, b"")
