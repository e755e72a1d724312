"""`manage.py up`: one machine, everything. The work is in fleet.launch.up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fleet.launch import up


class Command(BaseCommand):
    """Start PostgreSQL, Redis, web, worker, beat and (demo) the simulated model server."""

    help = (
        "Everything on one machine: embedded PostgreSQL and Redis unless DATABASE_URL and "
        "REDIS_URL are set, migrations, the demo fleet on the first start, web, worker, beat "
        "and the simulated model server. Ctrl-C stops all of it; --data DIR (default .data) "
        "is where the next start finds everything again."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """See fleet.launch.up."""
        up.add_arguments(parser)

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until somebody stops it."""
        up.run()
