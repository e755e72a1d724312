"""Run the release gate over results in a file. Needs no database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from evals.gate import UnusableInput
from evals.gate_document import read

UNUSABLE = 2
"""Exit status where the file, or a line of it, cannot be judged."""


class Command(BaseCommand):
    """Print the verdict of a .json document, or of each line of a .jsonl file."""

    help = "Judge results (baseline and candidate scores) by the release gate: JSON in, JSON out."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="one document (.json), or one a line (.jsonl)")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            if path.suffix.lower() in {".jsonl", ".ndjson"}:
                self._lines(path)
            else:
                self.stdout.write(json.dumps(verdict_of(path.read_bytes()), indent=2))
        except OSError as error:
            self._give_up(f"Cannot read {path}: {error.strerror or error}")
        except UnusableInput as error:
            self._give_up(f"{path}: {error}")

    def _lines(self, path: Path) -> None:
        """One answer a line. A bad line is told in its place; its neighbours are judged."""
        answered = bad = 0
        with path.open("rb") as lines:
            for number, answer in answers(lines):
                answered += 1
                if "error" in answer:
                    bad += 1
                    self.stderr.write(f"{path}, line {number}: {answer['error']}")
                self.stdout.write(json.dumps(answer))
        if not answered:
            raise UnusableInput("the file holds no document.")
        if bad:
            sys.exit(UNUSABLE)

    def _give_up(self, message: str) -> None:
        self.stderr.write(message)
        sys.exit(UNUSABLE)


def answers(lines: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and answer of every non-empty line; one that cannot be judged says why."""
    for number, raw in enumerate(lines, 1):
        if raw.strip():
            try:
                yield number, verdict_of(raw)
            except UnusableInput as error:
                yield number, {"line": number, "error": str(error)}


def verdict_of(raw: bytes) -> dict[str, Any]:
    """The gate's answer to one document. Raises UnusableInput."""
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"not JSON: {error}") from error
    return read(document).decide().as_dict()
