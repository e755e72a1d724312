"""What stands on the wire of the change stream: server-sent events and cursors. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LARGEST_CURSOR = 2**63 - 1
"""A cursor is a PostgreSQL bigint."""


class BadCursor(ValueError):
    """What was sent as a cursor cannot be one."""


@dataclass(frozen=True)
class Change:
    """One change of what is served; `tenant` is empty for the platform default."""

    cursor: int
    prompt: str
    tenant: str
    locale: str
    lane: str


@dataclass(frozen=True)
class Span:
    """The oldest and the newest cursor there are; 0 and 0 where nothing ever changed."""

    oldest: int
    newest: int

    def reaches(self, since: int) -> bool:
        """Whether everything after `since` is still there, and `since` itself was given out."""
        return self.oldest - 1 <= since <= self.newest


def parse_cursor(text: str | None) -> int | None:
    """The cursor a caller names; None where it names none. Raises BadCursor."""
    if not text:
        return None
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_CURSOR))
    if not digits or int(text) > LARGEST_CURSOR:
        raise BadCursor(f"{text[:40]!r} is not a cursor.")
    return int(text)


def seen_by(
    change: Change, audience: str | None, owners: Mapping[str, frozenset[str]]
) -> Change | None:
    """The change as it concerns an audience; None where it does not.

    `audience` None hears everything. A tenant hears its own changes, and those of a platform
    default that is served to it because it has no variant of that prompt: as its own.
    `owners` names, for each prompt whose default changed, the tenants that have one.
    """
    if audience is None or change.tenant == audience:
        return change
    if change.tenant or audience in owners.get(change.prompt, frozenset()):
        return None
    return Change(change.cursor, change.prompt, audience, change.locale, change.lane)


def change_event(change: Change) -> str:
    """A change as one event."""
    document = {
        "cursor": str(change.cursor),
        "prompt": change.prompt,
        "tenant": change.tenant or None,
        "locale": change.locale,
        "lane": change.lane,
    }
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"id: {change.cursor}\ndata: {body}\n\n"


def change_events(changes: Iterable[Change]) -> str:
    """Several changes, one event each."""
    return "".join(map(change_event, changes))


def cursor_event(cursor: int) -> str:
    """Where the stream stands, for a caller that named no cursor."""
    return f'event: cursor\nid: {cursor}\ndata: {{"cursor":"{cursor}"}}\n\n'


def reset_event(cursor: int) -> str:
    """Changes may be missing: fetch everything again, then go on from `cursor`."""
    return f'event: reset\nid: {cursor}\ndata: {{"cursor":"{cursor}"}}\n\n'


def heartbeat(cursor: int) -> str:
    """Nothing happened; the id moves the caller's cursor on without an event of its own."""
    return f": heartbeat\nid: {cursor}\n\n"
