"""Lint, evaluate and safety-check a git folder of prompts. Needs no database."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evals.model_client import Endpoint
from fleet.checking.candidates import Candidate, candidates
from fleet.checking.checks import Checked, eval_gate, lint_gate, safety_gate
from fleet.checking.measure import measure
from fleet.checking.report import junit, table
from fleet.checking.simulated import simulated_models
from fleet.folder import disk

FAILED, UNUSABLE = 1, 2
"""Exit codes: a gate failed; the folder cannot be checked at all."""


class Command(BaseCommand):
    """`check_prompts DIR`."""

    help = "Check a folder of export_fleet, edited or not: exit 1 where a gate fails."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report too")
        parser.add_argument("--only", default="", metavar="TEXT", help="variants named like this")
        parser.add_argument(
            "--all", action="store_true", help="also those that say what is live already"
        )
        parser.add_argument("--no-evals", action="store_true", help="lint only")
        parser.add_argument("--repeats", type=_repeats, default=1, metavar="N", help="1 to 9")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print, and end with what it came to."""
        try:
            found = list(self._chosen(options))
            with ExitStack() as stack:
                checked = [self._check(one, options, stack) for one in found]
            report = options["junit"]
            if report is not None:
                report.write_text(junit(checked), encoding="utf-8")
        except (OSError, disk.UnusableFolder) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from None
        self._say(checked)
        if not all(one.ok for one in checked):
            sys.exit(FAILED)

    def _chosen(self, options: dict[str, Any]) -> Iterator[Candidate]:
        every = list(candidates(disk.read(options["folder"])))
        named = [one for one in every if options["only"].lower() in one.name.lower()]
        chosen = [one for one in named if one.changed or options["all"]]
        self.stderr.write(
            f"{len(every)} variants, {sum(one.changed for one in every)} say something else than "
            f"what is live; {len(chosen)} are checked."
        )
        return iter(chosen)

    def _check(self, one: Candidate, options: dict[str, Any], stack: ExitStack) -> Checked:
        self.stderr.write(f"checking {one.name}")
        lint = lint_gate(one)
        why_not = "skipped" if options["no_evals"] else "no suite" if not one.cases else ""
        if why_not:
            return Checked(one, (lint, eval_gate(None, why_not), safety_gate(None, why_not)))
        endpoint = self._endpoint(one, stack)
        measured = measure(one, endpoint, options["repeats"])
        gates = (lint, eval_gate(measured.decision, ""), safety_gate(measured.contract, ""))
        return Checked(one, gates)

    def _endpoint(self, one: Candidate, stack: ExitStack) -> Endpoint:
        provider: dict[str, Any] = settings.PROVIDERS.get(one.provider, {})
        if one.provider == "simulator" and not provider.get("base_url"):
            provider["base_url"] = stack.enter_context(simulated_models())
            self.stderr.write("The models are simulated: no real model was asked.")
        if not provider.get("base_url"):
            raise disk.UnusableFolder(
                f"{one.name} runs on {one.provider}, which has no address here. Set it in the "
                "environment (OPENAI_BASE_URL and OPENAI_API_KEY), or check with --no-evals."
            )
        return Endpoint(
            one.provider, provider["base_url"].rstrip("/"), provider["key"],
            provider["concurrency"], settings.MODEL_TIMEOUT_SECONDS,
        )  # fmt: skip

    def _say(self, checked: list[Checked]) -> None:
        if not checked:
            self.stdout.write("Nothing to check: every variant says what is live.")
            return
        self.stdout.write(table(checked))
        failed = sum(not one.ok for one in checked)
        self.stdout.write(f"\n{len(checked) - failed} passed, {failed} failed.")


def _repeats(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 9:
        raise ArgumentTypeError("a number from 1 to 9")
    return int(text)
