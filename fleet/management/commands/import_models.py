"""Take over a list of models: price lists and tables of retirements.

Reads price lists of litellm, genai-prices and Langfuse (JSON), files of models.dev (TOML), and
tables as CSV or Markdown. What the list does not say stays as it is; nothing in it is executed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.clock.actions import UnusableTarget, import_models
from fleet.clock.comparing import Change, compare
from fleet.clock.reading import LARGEST, Unreadable, read
from registry.operators import operator


class Command(BaseCommand):
    """`import_models FILE [--source TEXT] [--provider NAME] [--add-new] [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", default="", help="Where the list comes from.")
        parser.add_argument("--provider", default="", help="Whose models, where it does not say.")
        parser.add_argument(
            "--add-new", action="store_true", help="Add models that are not there yet too."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, report a line a model, take over."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                reading = read(file.read(LARGEST + 1), path.name, provider=options["provider"])
        except (OSError, Unreadable) as why:
            raise CommandError(str(why)) from None
        found = compare(reading, source=options["source"])
        for word, changes in (("new", found.new), ("changed", found.changed)):
            for change in changes:
                self.stdout.write(f"{word:8} {change.entry.snapshot}: {_said(change)}")
        for left in found.left:
            self.stdout.write(f"refused  {left.name} ({left.where}): {left.why}")
        self.stdout.write(
            f"{reading.kind}: {len(found.new)} new, {len(found.changed)} changed, "
            f"{len(found.unchanged)} unchanged, {len(found.left)} refused."
        )
        if options["dry_run"]:
            return
        try:
            added, changed, confirmed = import_models(
                reading, source=options["source"], add_new=options["add_new"], by=operator()
            )
        except UnusableTarget as why:
            raise CommandError(str(why)) from None
        self.stdout.write(f"Added {added}, changed {changed}, confirmed {confirmed} dates.")


def _said(change: Change) -> str:
    return ", ".join(
        f"{word} {old} -> {new}" if old else f"{word} {new}" for word, old, new in change.told
    )
