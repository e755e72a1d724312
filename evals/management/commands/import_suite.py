"""Read a suite that others wrote; prints what came in and everything left out, with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evals.importers.formats import FORMATS, GARAK
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.suites import UnusableCase, UnusableSuite, write_suite
from registry.models import Policy, Prompt, PromptKind, Tenant, User
from registry.operators import operator
from registry.roles import NotAllowed


class Command(BaseCommand):
    """`import_suite --format F PATH --prompt SLUG [--tenant ID] [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("path", type=Path, help="A file, or a folder that holds several.")
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--prompt", default="support-triage", help="Slug of the prompt.")
        parser.add_argument("--tenant", help="Slug: make it this tenant's slice.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come in.")
        parser.add_argument("--judge", default="", help="Slug of the judge for what models grade.")
        parser.add_argument(
            "--scorer", default="", choices=["exact", "starts_with", "contains_any", ""],
            help="How samples are compared that do not say it themselves.",
        )  # fmt: skip
        parser.add_argument("--input-field", default="", help="Field that holds the question.")
        parser.add_argument("--target-field", default="", help="Field that holds the ideal answer.")
        parser.add_argument("--as", dest="person", default="", help="Username of who writes it.")
        parser.add_argument("--prompt-number", type=int, default=1, help="Which prompt is asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Parse, say what was found, store."""
        path: Path = options["path"]
        found = read(path, options)
        for parsed in found:
            self._say(parsed)
        cases = sum(len(parsed.cases) for parsed in found)
        left = sum(len(parsed.left_out) for parsed in found)
        if not options["dry_run"] and cases:
            self._store([parsed for parsed in found if parsed.cases], path, options)
        would = "would come in" if options["dry_run"] else "in"
        self.stdout.write(f"{cases} cases {would}, {left} left out: {path.name}")
        if not cases and all(row.place == one.file for one in found for row in one.left_out):
            raise CommandError(f"{path.name} could not be read as {options['format']}.")

    def _say(self, parsed: Parsed) -> None:
        """Everything of one suite that did not come in, or not as it was."""
        for word, rows in (
            ("left out", parsed.left_out), ("changed ", parsed.changed), ("note    ", parsed.notes)
        ):  # fmt: skip
            for row in rows:
                place = row.place if row.place.startswith(parsed.file) else (
                    f"{parsed.file} {row.place}"
                )  # fmt: skip
                self.stdout.write(f"{word}  {place}: {row.reason}")
        self.stdout.write(
            f"{parsed.file}: {len(parsed.cases)} cases in, {len(parsed.left_out)} left out "
            f"({parsed.name})"
        )

    def _store(self, found: Sequence[Parsed], path: Path, options: dict[str, Any]) -> None:
        owner, by = _owner(options), _person(options["person"])
        for parsed in found:
            try:
                version = write_suite(
                    **owner, cases=parsed.cases, by=by, name=parsed.name[:200],
                    note=f"Imported from {parsed.file}",
                )  # fmt: skip
            except NotAllowed as error:
                raise CommandError(f"{error} Name somebody who may, with --as.") from None
            except (UnusableCase, UnusableSuite) as error:
                raise CommandError(f"{parsed.file}: {error}") from None
            self.stdout.write(f"stored    {version.suite} version {version.number}")


def read(path: Path, options: dict[str, Any]) -> list[Parsed]:
    """The suites of a path. Raises CommandError in words where it cannot be read at all."""
    if not path.exists():
        raise CommandError(f"There is no file or folder {path}.")
    chosen = Options(
        judge=_judge(options["judge"]) if not options["dry_run"] else options["judge"],
        scorer=options["scorer"], input_field=options["input_field"],
        target_field=options["target_field"], prompt_number=max(1, options["prompt_number"]),
    )  # fmt: skip
    try:
        found = FORMATS[options["format"]](path, chosen)
    except (UnusableFile, OSError) as error:
        raise CommandError(f"{path.name}: {error}") from None
    if not found:
        raise CommandError(f"{path.name} holds no file that could be {options['format']}.")
    return found


def _owner(options: dict[str, Any]) -> dict[str, Any]:
    """Whom the suites measure: a prompt, one tenant of it, or all that the policy governs."""
    if options["format"] == GARAK:
        policy = Policy.objects.filter(prompt__isnull=True).first()
        if policy is None:
            raise CommandError("There is no policy yet that a safety set could belong to.")
        return {"policy": policy}
    return {"prompt": _prompt(options["prompt"]), "tenant": _tenant(options["tenant"])}


def _person(username: str) -> User:
    if not username:
        return operator()
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is nobody called {username}.")
    return found


def _judge(slug: str) -> str:
    if slug and not Prompt.objects.filter(slug=slug, kind=PromptKind.JUDGE).exists():
        raise CommandError(f"There is no judge called {slug}.")
    return slug


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
