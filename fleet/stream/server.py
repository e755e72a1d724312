"""Who answers which request."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from fleet.stream import changes, site
from fleet.stream.hub import Hub
from fleet.stream.pool import Pool

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

log = logging.getLogger(__name__)

CHANGES_PATH = "/api/v1/changes"

MOST_WAITING = 1_000
"""Requests before the pool; a page takes some 20 ms, so more would wait longer than callers do."""


class Server:
    """The application the server runs: one a process."""

    def __init__(self, wsgi: site.Wsgi) -> None:
        self._wsgi = wsgi
        self._pages = Pool("site", settings.WEB_THREADS, most_waiting=MOST_WAITING)
        self.hub: Hub | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once, before the first request."""
        self._pages.start(loop)
        self.hub = Hub()
        self.hub.start(loop)
        self._end_streams_on_stop()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once, after the last request."""
        if self.hub is not None:
            self.hub.stop()
        self._pages.stop()

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one request."""
        if scope.proto != "http":
            proto.close(404)  # type: ignore[attr-defined]  # a websocket: there are none here
        elif scope.path == CHANGES_PATH and self.hub is not None and _secure_enough(scope):
            await changes.answer(scope, proto, self.hub)
        else:
            await site.answer(scope, proto, self._wsgi, self._pages)

    def _end_streams_on_stop(self) -> None:
        """A stop waits for open requests; streams must not keep it waiting.

        The server's own handler goes on working: it hears of the signal through the event
        loop's wake-up descriptor, which stays as it is.
        """
        hub = self.hub
        assert hub is not None
        with suppress(ValueError):  # not the main thread: somebody else stops this process
            for sign in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sign, lambda *_: hub.stop())


def _secure_enough(scope: Scope) -> bool:
    """Where Django would send a caller to https, it shall do so here too."""
    if not settings.SECURE_SSL_REDIRECT:
        return True
    return scope.scheme == "https" or scope.headers.get("x-forwarded-proto") == "https"
