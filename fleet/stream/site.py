"""Hand a request to Django's WSGI application in a thread, and its answer to the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fleet.stream.body import BodyCut, read_body
from fleet.stream.environ import environ_of
from fleet.stream.pool import Crowded, Pool

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SENT_AT_ONCE = 1_000_000
"""Bytes: a shorter answer of known length goes out in one piece, a longer one in parts."""

PART = 64 * 1024

SEND_SECONDS = 60.0
"""A caller that takes no part of a download for so long is let go."""


async def answer(scope: Scope, proto: HTTPProtocol, wsgi: Wsgi, pool: Pool) -> None:
    """Answer one request with Django's answer."""
    try:
        body, length = await read_body(scope, proto)
    except (BodyCut, RuntimeError):
        return
    environ = environ_of(scope, body, length)
    loop = asyncio.get_running_loop()
    try:
        await pool.do(lambda: _Answering(proto, loop).run(wsgi, environ))
    except Crowded:
        proto.response_str(
            503, [("retry-after", "1"), ("content-type", "text/plain")], "Too busy. Try again.\n"
        )


class _Answering:
    """One answer under way, in its thread."""

    def __init__(self, proto: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        self._proto, self._loop = proto, loop
        self._status, self._headers = 500, list[tuple[str, str]]()

    def run(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        """Ask Django, send what it says, close it: the request ends in its thread."""
        try:
            parts = wsgi(environ, self._start)
        except Exception:
            log.exception("The site failed before it could answer.")
            self._proto.response_empty(500, [])
            return
        try:
            self._send(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self._status, self._headers = int(status.split(" ", 1)[0]), headers

    def _send(self, parts: Iterable[bytes]) -> None:
        if self._known_length(parts) <= SENT_AT_ONCE:
            self._proto.response_bytes(self._status, self._headers, b"".join(parts))
            return
        sending = asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(SEND_SECONDS)
        try:
            for part in in_parts(parts):
                self._wait_for(sending.send_bytes, part)
        except (RuntimeError, TimeoutError):
            return  # the caller left

    def _known_length(self, parts: Iterable[bytes]) -> float:
        """Of the answer; infinity where only its end will tell."""
        if not getattr(parts, "streaming", True):
            return 0
        told = next((value for name, value in self._headers if name == "Content-Length"), None)
        return float(told) if told is not None else float("inf")

    async def _begin(self) -> Any:
        return self._proto.response_stream(self._status, self._headers)

    def _wait_for(self, send: Callable[[bytes], Any], part: bytes) -> None:
        async def on_loop() -> None:
            await send(part)

        sent = asyncio.run_coroutine_threadsafe(on_loop(), self._loop)
        try:
            sent.result(SEND_SECONDS)
        except TimeoutError:
            sent.cancel()
            raise


def in_parts(parts: Iterable[bytes], size: int = PART) -> Iterator[bytes]:
    """The same bytes in parts of about `size`, none of them empty.

    A part goes out as soon as it is made where it is large enough; what a file gives by 4 kB
    is gathered.
    """
    gathered, length = [], 0
    for part in parts:
        gathered.append(part)
        length += len(part)
        if length >= size:
            yield b"".join(gathered)
            gathered, length = [], 0
    if length:
        yield b"".join(gathered)
