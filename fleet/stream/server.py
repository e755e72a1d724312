"""Who answers which request."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from fleet.stream import changes, fetching, site
from fleet.stream.health import watch
from fleet.stream.hub import Hub
from fleet.stream.limits import raise_file_limit
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
        # Pools of their own: slow pages must not keep an application from its prompt.
        self._pages = Pool("site", settings.WEB_THREADS, most_waiting=MOST_WAITING)
        self._fetches = Pool("fetch", settings.FETCH_THREADS, most_waiting=MOST_WAITING)
        self.hub: Hub | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once, before the first request."""
        raise_file_limit()
        self._pages.start(loop)
        self._fetches.start(loop)
        self.hub = Hub()
        self.hub.start(loop)
        watch(self.hub)
        self._end_streams_on_stop()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once, after the last request."""
        if self.hub is not None:
            self.hub.stop()
        self._pages.stop()
        self._fetches.stop()

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one request."""
        if scope.proto != "http":
            proto.close(404)  # type: ignore[attr-defined]  # a websocket: there are none here
        elif not _secure_enough(scope):
            await site.answer(scope, proto, self._wsgi, self._pages)
        elif slug := fetching.slug_in(scope.path):
            await fetching.answer(scope, proto, slug, self._fetches)
        elif scope.path == CHANGES_PATH and self.hub is not None:
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
    """Whether Django would not first send the caller to https."""
    if not settings.SECURE_SSL_REDIRECT:
        return True
    return scope.scheme == "https" or scope.headers.get("x-forwarded-proto") == "https"
