"""Whether PostgreSQL is away: asked once by one thread, not by every request that waits."""

from __future__ import annotations

import logging
import threading
import time

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

log = logging.getLogger(__name__)

ASK_EVERY_SECONDS = 0.25
"""How soon after its return PostgreSQL is used again."""

CONNECT_SECONDS = 2
"""libpq's own least time limit of a connection."""


WHERE = ("dbname", "host", "port", "user", "password", "service", "sslmode", "sslrootcert",
         "sslcert", "sslkey")  # fmt: skip


class Outage:
    """Begins when a statement finds PostgreSQL gone; a thread of its own finds when it ends."""

    def __init__(self) -> None:
        self._lasts = False
        self._lock = threading.Lock()

    def lasts(self) -> bool:
        """Whether asking PostgreSQL is of no use now."""
        return self._lasts

    def begin(self) -> None:
        """PostgreSQL did not answer."""
        with self._lock:
            if self._lasts:
                return
            self._lasts = True
        log.warning("PostgreSQL is away: answers come from Redis.")
        where = {
            name: value for name, value in connection.get_connection_params().items()
            if name in WHERE
        }  # fmt: skip
        conninfo = make_conninfo(**where, connect_timeout=CONNECT_SECONDS)
        threading.Thread(target=self._wait, args=(conninfo,), name="outage", daemon=True).start()

    def _wait(self, conninfo: str) -> None:
        while not _is_back(conninfo):
            time.sleep(ASK_EVERY_SECONDS)
        self._lasts = False
        log.warning("PostgreSQL is back.")


def _is_back(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo, autocommit=True) as asked:
            return asked.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


outage = Outage()
