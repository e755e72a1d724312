"""One prepared statement at a time, straight to PostgreSQL, with a limit on the wait.

Django's cursors bind on the client's side, so that PostgreSQL plans every statement anew, and
ask `SELECT 1` before each request's first one. The fetch may afford neither. It uses the
thread's own Django connection, so it sees what an open transaction of that thread wrote.
A connection that broke or grew too old is replaced here: callers need no `request_started`.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

WAIT_SECONDS = 1.2
"""A statement takes under a millisecond; a server that needs longer than this is down, and the
caller must have an answer from elsewhere within 2 s."""

_GOING_DOWN = (b"57P", b"08")
"""SQLSTATE classes: the server stops or starts, the connection is lost."""

_prepared: WeakKeyDictionary[psycopg.Connection, set[bytes]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Statement:
    """An SQL text with `$1` parameters, and the name it is prepared under."""

    name: bytes
    sql: bytes


class Lost(OperationalError):
    """The connection is of no use any more; another one may be."""


class Slow(OperationalError):
    """No answer in time: another connection would not have one either."""


def execute(statement: Statement, values: Sequence[bytes | None]) -> pq.abc.PGresult:
    """The result, in text form. Raises django.db's DatabaseError, InterfaceError.

    A connection that was lost since the last use is replaced once, in silence.
    """
    mine = connections["default"]
    used_before = mine.connection is not None
    try:
        return _execute(mine, statement, values)
    except Lost:
        if not used_before or mine.in_atomic_block:
            raise
        return _execute(mine, statement, values)


def _execute(
    mine: BaseDatabaseWrapper, statement: Statement, values: Sequence[bytes | None]
) -> pq.abc.PGresult:
    raw = _connected(mine)
    try:
        known = _prepared.setdefault(raw, set())
        if statement.name not in known:
            raw.pgconn.send_prepare(statement.name, statement.sql)
            _result(raw.pgconn)
            known.add(statement.name)
        raw.pgconn.send_query_prepared(statement.name, values)
        return _result(raw.pgconn)
    except psycopg.Error as error:
        mine.close()
        raise Lost(str(error)) from error
    except (Lost, Slow):
        mine.close()
        raise


def _connected(mine: BaseDatabaseWrapper) -> psycopg.Connection:
    """The thread's connection, made where there is none or its time is up."""
    too_old = mine.close_at is not None and time.monotonic() >= mine.close_at
    if too_old and not mine.in_atomic_block:
        mine.close()
    if mine.connection is None:
        mine.ensure_connection()
    raw: psycopg.Connection = mine.connection
    return raw


def _result(pgconn: pq.abc.PGconn) -> pq.abc.PGresult:
    """Wait for the result of what was sent. Raises Lost, Slow, DatabaseError."""
    until = time.monotonic() + WAIT_SECONDS
    _wait_sent(pgconn, until)
    waiting = select.poll()
    waiting.register(pgconn.socket, select.POLLIN)
    result: pq.abc.PGresult | None = None
    while True:
        while pgconn.is_busy():
            if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
                raise Slow(f"PostgreSQL did not answer within {WAIT_SECONDS} s.")
            pgconn.consume_input()
        following = pgconn.get_result()
        if following is None:
            break
        result = following
    if result is None:
        raise Lost("PostgreSQL gave no result.")
    _refuse_failed(result)
    return result


def _wait_sent(pgconn: pq.abc.PGconn, until: float) -> None:
    while pgconn.flush():
        sending = select.poll()
        sending.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if not sending.poll(max(0.0, until - time.monotonic()) * 1000):
            raise Slow("PostgreSQL takes nothing.")
        pgconn.consume_input()


def _refuse_failed(result: pq.abc.PGresult) -> None:
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return
    told = (result.error_message or b"").decode("utf-8", "replace").strip()
    code = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    if code.startswith(_GOING_DOWN):
        raise Lost(told)
    raise DatabaseError(told)


UNREACHABLE = (OperationalError, InterfaceError)
"""What tells that PostgreSQL is not there, rather than that a statement is wrong."""
