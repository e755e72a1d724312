"""Read a suite that others wrote; prints what came in and everything left out, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evals.importers import FORMATS
from evals.suites import UnusableCase, write_suite
from registry.border import UnusableText, from_file
from registry.models import Prompt, Tenant
from registry.operators import operator


class Command(BaseCommand):
    """`import_suite --format F PATH --prompt SLUG [--tenant ID]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--prompt", default="support-triage", help="Slug of the prompt.")
        parser.add_argument("--tenant", help="Slug: make it this tenant's slice.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Parse, report, store."""
        path: Path = options["path"]
        try:
            parsed = FORMATS[options["format"]](from_file(path.read_bytes(), path.name))
        except (OSError, UnusableText) as error:
            raise CommandError(str(error)) from None
        for left in parsed.left_out:
            self.stdout.write(f"left out  {path.name} {left.place}: {left.reason}")
        if not parsed.cases:
            raise CommandError(f"No case of {path.name} could be carried over.")
        try:
            version = write_suite(
                prompt=_prompt(options["prompt"]), tenant=_tenant(options["tenant"]),
                cases=parsed.cases, by=operator(), name=path.stem,
                note=f"Imported from {path.name}",
            )  # fmt: skip
        except UnusableCase as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{len(parsed.cases)} cases in, {len(parsed.left_out)} left out: "
            f"{version.suite} version {version.number}"
        )


def _prompt(slug: str) -> Prompt:
    found = Prompt.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no prompt called {slug}. Make it first (import_forks).")
    return found


def _tenant(slug: str | None) -> Tenant | None:
    if slug is None:
        return None
    found = Tenant.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no tenant called {slug}.")
    return found
