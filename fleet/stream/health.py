"""How this process's change stream is doing, for `/readyz`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleet.stream.hub import Hub

READ_LAGS_AFTER = 20.0
"""Seconds: four polls in a row that did not read the feed."""

_hub: list[Hub] = []


def watch(hub: Hub) -> None:
    """Tell of this hub from now on."""
    _hub[:] = [hub]


def stream_state() -> dict[str, Any] | None:
    """Whether the feed is read and the bell would be heard; None outside the server.

    Without Redis the stream is well, and slower.
    """
    if not _hub:
        return None
    hub = _hub[0]
    age = time.monotonic() - hub.read_at
    return {
        "ok": hub.reading and age < READ_LAGS_AFTER,
        "subscribed": hub.subscribed,
        "streams": len(hub.streams()),
        "seconds_ago": round(age, 1),
    }
