"""A stored suite version as a file of another tool."""

from __future__ import annotations

from typing import Any

from evals.exporters import plain_csv, promptfoo
from evals.models import Case, SuiteVersion

KINDS = {"csv": "text/csv; charset=utf-8", "promptfoo": "application/yaml; charset=utf-8"}
"""Formats of a suite, each with its content type."""

ENDINGS = {"csv": "csv", "promptfoo": "yaml"}


def written(version: SuiteVersion, kind: str) -> tuple[str, tuple[str, ...]]:
    """The text of a suite version in a format, and what the format cannot hold."""
    cases = cases_of(version)
    if kind == "csv":
        return plain_csv.written(cases), ()
    exported = promptfoo.written(cases, title=str(version))
    return exported.text, tuple(promptfoo.losses_in_words(exported))


def cases_of(version: SuiteVersion) -> list[dict[str, Any]]:
    """The cases of a version in the shape of `evals.cases.clean_case`, in their order."""
    fields = ("key", "messages", "variables", "tags", "must_pass", "weight", "expectations")
    return list(Case.objects.filter(suite_version=version).order_by("position").values(*fields))
