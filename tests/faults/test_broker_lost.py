"""Redis is lost while a worker is in the middle of something: the same worker goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from fleet.models import LocalMail
from registry import work
from registry.models import WorkItem, WorkState
from tests import live
from tests.faults.own_redis import own_redis

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_work_that_ends_after_redis_came_back_does_not_end_its_worker(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with own_redis(tmp_path) as broker, live.crew() as crew:
        env = {
            "DATABASE_URL": live.database_url(), "REDIS_URL": broker.url(),
            "EMAIL_URL": "", "FLEET_LOCAL": "1", "FLEET_LEASE_SECONDS": "1",
            "FLEET_RECONCILE_SECONDS": "0.5",
        }  # fmt: skip
        crew.append(live.start_beat(env, tmp_path / "beat.log"))
        crew.append(live.start_worker(env, log))
        with mails_wait():
            held = owed("held")
            live.until(somebody_waits, what="a worker is in the middle of it")
            broker.lose()
            live.until(lambda: connected(log) == 2, what="the worker is connected again")
        for pk in (held, *(owed(f"later {one}") for one in range(4))):
            live.until(lambda pk=pk: is_done(pk), what="the worker goes on")
    assert connected(log) == 2
    assert LocalMail.objects.count() == 5


@contextmanager
def mails_wait() -> Iterator[None]:
    """Whoever wants to write a mail waits until the end of the block."""
    with psycopg.connect(live.database_url()) as other:
        other.execute("LOCK TABLE fleet_localmail IN EXCLUSIVE MODE")
        yield


def somebody_waits() -> bool:
    """Whether somebody waits for the table of mails."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = 'fleet_localmail'::regclass"
        )
        return bool(cursor.fetchone()[0])


def connected(log: Path) -> int:
    """How often the worker has connected to Redis."""
    return log.read_text().count("Connected to redis") if log.exists() else 0


def owed(key: str) -> int:
    """A mail that is owed."""
    payload = {"to": "ana@customer.example", "subject": key, "body": "x"}
    return work.enqueue("mail", key, payload).pk


def is_done(pk: int) -> bool:
    return WorkItem.objects.filter(pk=pk, state=WorkState.DONE).exists()
