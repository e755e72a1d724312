"""Write the whole registry to a folder of readable files, for git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from fleet.folder import disk
from fleet.folder.export import tree


class Command(BaseCommand):
    """`export_fleet DIR`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what changed, remove what is gone, and say how much."""
        try:
            with transaction.atomic():
                _see_one_moment()
                done = disk.write(options["folder"], tree())
        except (OSError, disk.UnusableFolder) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{done.changed} files written, {done.same} unchanged, {done.removed} removed."
        )


def _see_one_moment() -> None:
    """What is written meanwhile is not seen half: all files are of one moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
