"""Read a folder that export_fleet wrote; running it again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from fleet.folder.disk import UnusableFolder
from fleet.folder.load import import_fleet
from fleet.folder.rows import Report
from registry.operators import operator


class Command(BaseCommand):
    """`import_fleet DIR [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and say what was added, changed, and what needs a person."""
        try:
            with transaction.atomic():
                report = import_fleet(options["folder"], by=operator())
                transaction.set_rollback(options["dry_run"])
        except (OSError, UnusableFolder) as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        self._say(report)
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed.")

    def _say(self, report: Report) -> None:
        for note in report.notes:
            self.stdout.write(note)
        for what, counts in (("added", report.added), ("changed", report.changed)):
            for kind, number in sorted(counts.items()):
                self.stdout.write(f"{what:8} {number:6} {kind}")
        if not report.added and not report.changed:
            self.stdout.write("Everything was here already.")
