"""One process asks at a time: an advisory lock of PostgreSQL, gone with whoever held it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LOCK = (0x666C7465, 0x6576616C)
"""Two numbers that no other lock of the product has."""


@contextmanager
def alone() -> Iterator[bool]:
    """Whether this process is the one that asks; the lock is its connection's until the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK)
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)


def taken() -> bool:
    """Whether somebody asks at this moment; nobody is kept from it by the question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND classid = %s AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()))",
            LOCK,
        )
        return bool(cursor.fetchone()[0])
