"""`GET /api/v1/changes`: one caller's stream, from its cursor on."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from django.conf import settings

from fleet.delivery.answer import refused
from fleet.delivery.fetch import unreadable
from fleet.delivery.problems import Problem
from fleet.stream.access import admit
from fleet.stream.events import (
    BadCursor,
    change_events,
    cursor_event,
    heartbeat,
    parse_cursor,
    reset_event,
    seen_by,
)
from fleet.stream.feed import PAGE, FeedDown
from fleet.stream.hub import Hub
from fleet.stream.listener import Listener

if TYPE_CHECKING:
    from granian._granian import RSGIHTTPStreamTransport
    from granian.rsgi import HTTPProtocol, Scope

HEADERS = [
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
    ("x-content-type-options", "nosniff"),
]

SEND_SECONDS = 20.0
"""A caller that takes nothing for so long is let go; it comes back with its cursor."""


async def answer(scope: Scope, proto: HTTPProtocol, hub: Hub) -> None:
    """Answer one request: a stream, or a problem document."""
    try:
        stream, since = await _open(scope, hub)
    except Problem as problem:
        proto.response_bytes(*refused(problem))
        return
    except FeedDown:
        proto.response_bytes(*refused(unreadable()))
        return
    await _serve(proto, hub, stream, since)


async def _open(scope: Scope, hub: Hub) -> tuple[Listener, int | None]:
    """Who listens, and from where; Problem or FeedDown."""
    if scope.method != "GET":
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Open the change stream with GET.")
    admitted = await admit(hub.feed, scope.headers.get("authorization") or "")
    named = parse_qs(scope.query_string, max_num_fields=20).get("since", [""])[-1]
    try:
        since = parse_cursor(scope.headers.get("last-event-id") or named)
    except (BadCursor, ValueError) as wrong:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{wrong} Send one the stream gave you.") from wrong
    if hub.position is None or hub.stopped:
        raise FeedDown
    return Listener(admitted.tenant, admitted.key), since


async def _serve(proto: HTTPProtocol, hub: Hub, stream: Listener, since: int | None) -> None:
    transport = proto.response_stream(200, HEADERS)
    gone = asyncio.ensure_future(proto.client_disconnect())
    gone.add_done_callback(lambda _: stream.close("caller left"))
    try:
        await _begin(transport, hub, stream, since)
        while not stream.closed:
            text = await stream.take(settings.STREAM_HEARTBEAT_SECONDS)
            if not stream.closed:
                await _send(transport, text or heartbeat(stream.position))
    except (FeedDown, TimeoutError, RuntimeError):
        return  # the caller left, or comes back with its cursor
    finally:
        hub.leave(stream)
        gone.cancel()


async def _begin(
    transport: RSGIHTTPStreamTransport, hub: Hub, stream: Listener, since: int | None
) -> None:
    """Say where the stream stands, read what the caller missed, and join the others."""
    assert hub.position is not None
    if since is None:
        stream.position = hub.position
        hub.join(stream)
        await _send(transport, cursor_event(stream.position))
        return
    if since != hub.position:
        span = await hub.feed.span()
        if not span.reaches(since):
            since = span.newest
            await _send(transport, reset_event(since))
    stream.position = since
    while stream.position < hub.position:
        await _catch_up(transport, hub, stream)
    hub.join(stream)
    await _send(transport, heartbeat(stream.position))


async def _catch_up(transport: RSGIHTTPStreamTransport, hub: Hub, stream: Listener) -> None:
    page = await hub.feed.after(stream.position, PAGE)
    owners = await hub.feed.owners(page) if stream.audience is not None else {}
    told = [seen for one in page if (seen := seen_by(one, stream.audience, owners))]
    if told:
        await _send(transport, change_events(told))
    stream.position = page[-1].cursor if page else max(stream.position, hub.position or 0)


async def _send(transport: RSGIHTTPStreamTransport, text: str) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await transport.send_str(text)
