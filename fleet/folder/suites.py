"""Suites in the folder: what stands where, for each kind of owner."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from evals.models import Case, Suite, SuiteScope, SuiteVersion
from fleet.folder import paths
from fleet.folder.writing import File, dump, moment, with_heads

CASE_FIELDS = (
    "key", "messages", "variables", "tags", "must_pass", "weight", "expectations", "source",
)  # fmt: skip


def suites(people: Mapping[int, str]) -> Iterator[File]:
    """Every version of every suite; an inactive suite says so beside its newest version."""
    versions = SuiteVersion.objects.select_related(
        "suite__prompt", "suite__tenant", "suite__policy__prompt"
    ).order_by("suite_id", "-number")
    for line, version, head in with_heads(versions, "suite_id"):
        place = folder_of(line.suite)
        folder = paths.of_version(place, version.number, head)
        about = {
            "number": version.number, "eval_hash": version.eval_hash,
            "author": people[version.author_id], "note": version.note,
            "created_at": moment(version.created_at),
        }  # fmt: skip
        yield f"{folder}/about.json", dump(about)
        rows = Case.objects.filter(suite_version=version).order_by("position")
        cases = [json.dumps(_case(row), ensure_ascii=False) for row in rows.values(*CASE_FIELDS)]
        yield f"{folder}/cases.jsonl", "".join(f"{case}\n" for case in cases)
        if version.number == head and not line.suite.active:
            yield f"{place}/suite.json", dump({"active": False})


def folder_of(suite: Suite) -> str:
    """Where a suite stands."""
    if suite.prompt is None:
        of = suite.policy.prompt if suite.policy else None
        return paths.safety(of.slug if of else None, suite.name)
    whose = suite.tenant.slug if suite.tenant else paths.CORE
    if suite.scope == SuiteScope.LABELS:
        whose = paths.LABELS
    return paths.suite(suite.prompt.slug, whose, suite.name)


def _case(row: dict[str, Any]) -> dict[str, Any]:
    """A case's line; one that was written here says nothing of where it comes from."""
    return row if row["source"] else {name: row[name] for name in row if name != "source"}
