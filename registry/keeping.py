"""The heartbeat of a work item: its lease lasts as long as its worker lives and works on it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from registry import work
from registry.models import WorkItem

log = logging.getLogger(__name__)


@contextmanager
def kept(item: WorkItem) -> Iterator[None]:
    """Prolong the item's lease every third of it while the block runs.

    By a thread with a connection of its own, opened only for what takes longer than that. A
    worker that is killed takes its heartbeat along, one that hangs is ended by Celery's limit.
    """
    over = threading.Event()
    threading.Thread(target=_beat, args=(item, over), daemon=True, name="lease").start()
    try:
        yield
    finally:
        over.set()


def _beat(item: WorkItem, over: threading.Event) -> None:
    pause = settings.LEASE.total_seconds() / 3
    while not over.wait(pause):
        try:
            work.extend(item)
        except work.LeaseLost:
            return
        except DatabaseError:
            log.warning("The lease of %s could not be prolonged.", item)
        finally:
            connection.close()
