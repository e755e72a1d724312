"""Reads the feed of changes from PostgreSQL, asynchronously, over one connection a process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connections
from psycopg.rows import TupleRow

from fleet.stream.events import Change, Span

log = logging.getLogger(__name__)

PAGE = 1_000
"""Rows read at once: about 100 kB."""

QUERY_SECONDS = 5.0
"""A query that takes longer means that the database is not well: the connection is given up."""

CONNECT_SECONDS = 3

REST_SECONDS = 0.4
"""After a failure nobody asks for so long: whoever queued behind it must not wait it out too."""

Connection = psycopg.AsyncConnection[TupleRow]


class FeedDown(Exception):
    """PostgreSQL does not answer. It is asked again by whoever needs it next."""


class Feed:
    """The table `fleet_change` and what belongs to it. Reconnects by itself."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._resting_until = 0.0

    async def span(self) -> Span:
        """The oldest and the newest cursor. Raises FeedDown, as everything here does."""
        rows = await self.ask("SELECT coalesce(min(cursor), 0), coalesce(max(cursor), 0) "
                              "FROM fleet_change")  # fmt: skip
        return Span(*rows[0])

    async def after(self, cursor: int, limit: int = PAGE) -> list[Change]:
        """The next changes after a cursor, in the order of their commits."""
        rows = await self.ask(
            "SELECT cursor, prompt_slug, tenant_slug, locale, lane FROM fleet_change "
            "WHERE cursor > %s ORDER BY cursor LIMIT %s", cursor, limit,
        )  # fmt: skip
        return [Change(*row) for row in rows]

    async def owners(self, changes: Iterable[Change]) -> dict[str, frozenset[str]]:
        """For each prompt whose platform default changed: the tenants with a variant of their own.

        As the fetch has it: a withdrawn variant is its tenant's own too.
        """
        prompts = sorted({change.prompt for change in changes if not change.tenant})
        if not prompts:
            return {}
        rows = await self.ask(
            "SELECT prompt_slug, array_agg(DISTINCT tenant_slug) FROM fleet_served "
            "WHERE prompt_slug = ANY(%s) AND tenant_slug <> '' GROUP BY prompt_slug", prompts,
        )  # fmt: skip
        return {prompt: frozenset(tenants) for prompt, tenants in rows}

    async def ask(self, query: str, *values: Any) -> Sequence[TupleRow]:
        """The rows of one query, one query at a time."""
        async with self._lock:
            if time.monotonic() < self._resting_until:
                raise FeedDown("It did not answer a moment ago.")
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    connection = await self._connect()
                    return await (await connection.execute(query, values)).fetchall()
            except (psycopg.Error, TimeoutError, OSError) as error:
                await self._give_up()
                self._resting_until = time.monotonic() + REST_SECONDS
                raise FeedDown(f"{type(error).__name__}: {error}".strip()) from error
            except asyncio.CancelledError:
                await self._give_up()
                raise

    async def close(self) -> None:
        """End the connection."""
        async with self._lock:
            await self._give_up()

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**_parameters())
        return self._connection

    async def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()


def _parameters() -> dict[str, Any]:
    """How Django itself connects; the feed reads plain rows, outside any transaction."""
    parameters = connections["default"].get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return parameters | {"autocommit": True, "connect_timeout": CONNECT_SECONDS}
