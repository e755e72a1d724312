"""Lint a file of free-text overlays, one JSON object a line. Needs no database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from registry.guardrails import LintContext, Policy, PolicyError, decision, lint, load_policy
from registry.guardrails.semantics import suspicion

DEMO_POLICY = "fleet/demo/data/policy/rules.json"
UNREADABLE = 2  # exit code: the file or the policy cannot be read at all


class Command(BaseCommand):
    """Print one JSON line with decision and findings for each line of the input."""

    help = "Check overlays against a policy: one JSON line in, one JSON line out."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help='lines {"id","text","segment","locale"}')
        parser.add_argument("--policy", help="a policy as JSON (default: the demo policy)")

    def handle(self, *args: Any, **options: Any) -> None:
        policy = self._policy(options["policy"])
        try:
            with Path(options["file"]).open("rb") as lines:
                for answer in answers(lines, policy):
                    # ASCII escapes: a lone surrogate has no bytes of its own.
                    self.stdout.write(json.dumps(answer, ensure_ascii=True))
        except OSError as error:
            self._give_up(f"Cannot read {options['file']}: {error.strerror or error}")

    def _policy(self, given: str | None) -> Policy:
        path = Path(given) if given else Path(settings.BASE_DIR) / DEMO_POLICY
        try:
            return load_policy(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            self._give_up(f"Cannot read the policy {path}: {error.strerror or error}")
        except (ValueError, PolicyError) as error:
            self._give_up(f"The policy {path} cannot be used: {error}")
        raise AssertionError("unreachable")

    def _give_up(self, message: str) -> None:
        self.stderr.write(message)
        sys.exit(UNREADABLE)


def answers(lines: Any, policy: Policy) -> Iterator[dict[str, Any]]:
    """One answer a non-empty line; a line that cannot be used gives its number and why."""
    for number, raw in enumerate(lines, 1):
        if raw.strip():
            yield _answer(number, raw, policy)


def _answer(number: int, raw: bytes, policy: Policy) -> dict[str, Any]:
    try:
        row = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        return _refusal(None, number, f"not JSON: {error}")
    if not isinstance(row, dict):
        return _refusal(None, number, "not a JSON object")
    if not isinstance(row.get("text"), str):
        return _refusal(row.get("id"), number, "the field 'text' must be a text")
    context = LintContext(
        segment=_text(row, "segment"), locale=_text(row, "locale"), suspicion=suspicion()
    )
    findings = lint(row["text"], policy, context)
    return {
        "id": row.get("id"),
        "decision": decision(findings),
        "findings": [finding.as_dict() for finding in findings],
    }


def _refusal(row_id: Any, number: int, error: str) -> dict[str, Any]:
    return {"id": row_id, "line": number, "error": error}


def _text(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) and value else None
