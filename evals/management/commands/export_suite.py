"""Write a suite as a promptfoo config or as CSV; says what the format cannot hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evals.exports import KINDS, written
from evals.models import Suite, SuiteVersion


class Command(BaseCommand):
    """`export_suite --format F --prompt SLUG [--tenant ID] [--name NAME] [--output FILE]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--format", required=True, choices=sorted(KINDS))
        parser.add_argument("--prompt", help="Slug of the prompt; without it a safety set.")
        parser.add_argument("--tenant", help="Slug: this tenant's slice.")
        parser.add_argument("--name", help="Name of the suite, where there are several.")
        parser.add_argument("--number", type=int, help="Version; without it the newest.")
        parser.add_argument("--output", type=Path, help="File to write; without it the screen.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the suite, write it, say what is missing in it."""
        version = _version(_suite(options), options["number"])
        text, losses = written(version, options["format"])
        if options["output"] is None:
            self.stdout.write(text, ending="")
        else:
            options["output"].write_text(text, encoding="utf-8", newline="")
        for line in losses:
            self.stderr.write(line)


def _suite(options: dict[str, Any]) -> Suite:
    found = Suite.objects.filter(prompt__slug=options["prompt"])
    if options["prompt"] is None:
        found = Suite.objects.filter(prompt__isnull=True)
    found = found.filter(
        **{"tenant__slug": options["tenant"]} if options["tenant"] else {"tenant": None}
    )
    if options["name"]:
        found = found.filter(name=options["name"])
    suites = list(found[:50])
    if len(suites) == 1:
        return suites[0]
    names = ", ".join(suite.name for suite in suites)
    raise CommandError(
        f"There are several suites: name one with --name ({names})." if suites
        else "There is no such suite."
    )  # fmt: skip


def _version(suite: Suite, number: int | None) -> SuiteVersion:
    found = suite.versions.filter(number=number).first() if number else suite.versions.first()
    if found is None:
        raise CommandError(f"{suite} has no version {number or 'yet'}.")
    return found
