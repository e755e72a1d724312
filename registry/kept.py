"""What is worked out over thousands of rows, kept in this process until anything happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import cache
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connection

from registry.models import Event, ModelTarget, Tenant, User, Variant

KEPT_SECONDS = 10.0
"""For what leaves no event and no history: a hand in the database, calls of a run that goes on."""

WATCHED = (Tenant, ModelTarget, Variant, User)
"""What is edited in the workshop without an event."""

Worked = TypeVar("Worked")


class Kept(Generic[Worked]):
    """Results by key; at most so many, then it begins anew. Nothing while KEEP_FIGURES is off."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._found: dict[Hashable, tuple[object, float, Worked]] = {}

    def get(self, key: Hashable, work_out: Callable[[], Worked]) -> Worked:
        """What `work_out` gave for the key, as of now: it is asked again after any change."""
        if not settings.KEEP_FIGURES:
            return work_out()
        moment, kept = _moment(), self._found.get(key)
        if kept and kept[0] == moment and time.monotonic() - kept[1] < KEPT_SECONDS:
            return kept[2]
        if len(self._found) >= self._at_most:
            self._found.clear()
        found = work_out()
        self._found[key] = moment, time.monotonic(), found
        return found

    def clear(self) -> None:
        """Forget all."""
        self._found.clear()


def _moment() -> tuple[object, ...]:
    """Differs after anything was done, or one of the WATCHED was edited; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_newest())
        return tuple(cursor.fetchone())


@cache
def _newest() -> str:
    """One statement, put together once: every page that shows what is kept asks it first."""
    columns = [(Event, "id")]
    columns += [
        (model.history.model, "history_id") for model in WATCHED if hasattr(model, "history")
    ]
    parts = [
        f"(SELECT max({column}) FROM {model._meta.db_table})"  # noqa: S608 (our own names)
        for model, column in columns
    ]
    return f"SELECT {', '.join(parts)}"
