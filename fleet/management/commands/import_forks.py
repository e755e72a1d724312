"""Adopt forked prompt files, one a tenant: a base with slots and overlays, live at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.adoption.actions import Import, import_forks, plan
from fleet.adoption.forks import Forks, read_forks, read_tenants
from registry.border import UnusableText
from registry.models import ModelTarget, Prompt
from registry.operators import operator


class Command(BaseCommand):
    """`import_forks --prompt SLUG --base FILE DIR [--tenants CSV] [--model NAME] [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--prompt", required=True, help="Slug; made when it is not there.")
        parser.add_argument("--base", required=True, type=Path, help="The platform default's file.")
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
            forks = read_forks(options["base"], options["folder"])
            tenants = read_tenants(options["tenants"]) if options["tenants"] else {}
        except (OSError, UnusableText) as error:
            raise CommandError(str(error)) from None
        for name, why in forks.unreadable.items():
            self.stdout.write(f"unreadable  {name}: {why}")
        if not forks.texts:
            raise CommandError(f"{options['folder']} holds no .md or .txt file that can be read.")
        prompt = Prompt.objects.filter(slug=options["prompt"]).first()
        if options["dry_run"]:
            return self._report(forks, prompt or Prompt(slug=options["prompt"]))
        task = Import(
            prompt or self._make_prompt(options["prompt"]), forks, tenants,
            self._target(options["model"]), operator(), options["reason"],
        )  # fmt: skip
        self._adopt(task)

    def _report(self, forks: Forks, prompt: Prompt) -> None:
        found = plan(forks, prompt)
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

    def _make_prompt(self, slug: str) -> Prompt:
        prompt = Prompt(slug=slug, name=slug.replace("-", " ").capitalize())
        prompt.full_clean()
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
