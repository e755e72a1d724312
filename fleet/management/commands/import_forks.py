"""Adopt forked prompts, one a tenant: a base with slots and overlays, live at once.

Reads a folder or a zip file of .md, .txt, .json and .csv files (`fleet.adoption.reading` says
which shapes). Without --base the prompt's own base is used, or else one is proposed from what
most forks share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from fleet.adoption.actions import Import, import_forks
from fleet.adoption.forks import Forks, read_forks, read_tenants
from fleet.adoption.planning import plan
from registry.border import UnusableText
from registry.models import ModelTarget, Prompt
from registry.operators import operator


class Command(BaseCommand):
    """`import_forks --prompt SLUG [--base FILE] DIR|ZIP [--tenants CSV] [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--prompt", required=True, help="Slug; made when it is not there.")
        parser.add_argument(
            "--base", type=Path, help="The platform default's file (default: proposed)."
        )
        parser.add_argument(
            "--tenants", type=Path, help="CSV: slug,name,segment,locale,annual_revenue"
        )
        parser.add_argument(
            "--model", help="Dated snapshot the forks run on (default: the only or oldest one)."
        )
        parser.add_argument("--reason", default="It served before the product came.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, report one line a fork, adopt."""
        try:
            leave = [options["tenants"]] if options["tenants"] else []
            forks = read_forks(options["base"], options["folder"], leave)
            tenants = read_tenants(options["tenants"]) if options["tenants"] else {}
        except (OSError, UnusableText) as error:
            raise CommandError(str(error)) from None
        for name, why in forks.unreadable.items():
            self.stdout.write(f"unreadable  {name}: {why}")
        if not forks.texts:
            raise CommandError(
                f"{options['folder']} holds no .md, .txt, .json or .csv file that can be read."
            )
        with transaction.atomic():
            prompt = self._prompt(options["prompt"])
            if options["dry_run"]:
                self._report(forks, prompt)
                transaction.set_rollback(True)
                return
            task = Import(
                prompt, forks, tenants, self._target(options["model"]), operator(),
                options["reason"],
            )  # fmt: skip
            self._adopt(task)

    def _report(self, forks: Forks, prompt: Prompt) -> None:
        planned = plan(forks, prompt)
        found = planned.found
        self.stdout.write(planned.origin)
        for row in found.report:
            self.stdout.write(f"{'exact' if row.exact else 'differs':10}  {row.name}: {row.detail}")
        exact = sum(row.exact for row in found.report)
        self.stdout.write(
            f"{exact} of {len(found.report)} exact, {len(found.slots)} slots. Dry run."
        )

    def _adopt(self, task: Import) -> None:
        adopted = 0
        outcomes = list(import_forks(task))
        for row in outcomes:
            self.stdout.write(f"{row.what:10}  {row.name}: {row.detail}")
            adopted += row.what == "adopted"
        unchanged = sum(row.what == "unchanged" for row in outcomes)
        self.stdout.write(
            f"{adopted} of {len(outcomes)} adopted and served, {unchanged} unchanged, "
            f"{len(outcomes) - adopted - unchanged} left."
        )

    def _prompt(self, slug: str) -> Prompt:
        """The prompt of that name, made when there is none."""
        found = Prompt.objects.filter(slug=slug).first()
        if found is not None:
            return found
        prompt = Prompt(slug=slug, name=slug.replace("-", " ").capitalize())
        try:
            prompt.full_clean()
        except ValidationError as error:
            raise CommandError(f"--prompt {slug}: {'; '.join(error.messages)}") from None
        prompt.save()
        return prompt

    def _target(self, snapshot: str | None) -> ModelTarget:
        targets = ModelTarget.objects.order_by("retires_on", "pk")
        if snapshot:
            targets = targets.filter(snapshot=snapshot)
        found = targets.first()
        if found is None:
            known = ", ".join(ModelTarget.objects.values_list("snapshot", flat=True))
            raise CommandError(
                f"There is no model target {snapshot or 'yet'}. Known: {known or 'none'}. "
                "Add one under Models in the admin first."
            )
        return found
