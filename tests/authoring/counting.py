"""How many queries an act takes."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(act: Callable[[], object]) -> int:
    """Queries of the second of two calls: the first warms what is kept."""
    act()
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)
