"""Run the release gate over results in a file. Needs no database."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from evals.gate_file import judge_file


class Command(BaseCommand):
    """Print the verdict of a .json document, or of each line of a .jsonl file."""

    help = "Judge results (baseline and candidate scores) by the release gate: JSON in, JSON out."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="one document (.json), or one a line (.jsonl)")

    def handle(self, *args: Any, **options: Any) -> None:
        status = judge_file(Path(options["file"]), self.stdout.write, self.stderr.write)
        if status:
            sys.exit(status)
