"""A database for a benchmark: migrated, empty, gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def throwaway_database() -> Iterator[None]:
    """A migrated database of its own, gone afterwards; started where none is named."""
    from fleet.launch import servers
    from fleet.launch.environment import name_servers
    from fleet.launch.testing import throwaway_dir

    with throwaway_dir() as place:
        if "DATABASE_URL" not in os.environ:
            started = servers.ensure(place, True)
            name_servers(started.database_url, started.redis_url)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
        os.environ.setdefault("SECRET_KEY", "benchmark")
        os.environ["FLEET_LOCAL"] = "1"
        import django
        from django.test.utils import setup_databases, teardown_databases

        django.setup()
        old = setup_databases(verbosity=0, interactive=False)
        try:
            yield
        finally:
            teardown_databases(old, verbosity=0)
