"""Suites of a folder: core and slices of a prompt, labels of a judge, safety sets of a policy."""

from __future__ import annotations

from typing import Any

from evals.cases import UnusableCase, clean_case, eval_hash
from evals.models import Case, Suite, SuiteScope, SuiteVersion
from evals.suites import case_rows
from fleet.folder import paths
from fleet.folder.disk import UnusableFolder
from fleet.folder.load_layers import prompt_of, tenant_of
from fleet.folder.reading import VersionFiles, lines, parse, record
from fleet.folder.rows import Import, moment_of
from registry.models import Policy


def load_suites(task: Import) -> None:
    """Every suite of the folder; versions that are missing are added."""
    for folder, versions in _found(task).items():
        suite = _suite(folder)
        for version in versions:
            _bring(task, suite, version)
        _switch(task, suite, f"{folder}/suite.json")


def _found(task: Import) -> dict[str, list[VersionFiles]]:
    return {
        **lines(task.files, ("prompts", "", "suites"), 5),
        **lines(task.files, ("safety", "global"), 3),
        **lines(task.files, ("safety", "of-prompts"), 4),
    }


def _suite(folder: str) -> Suite:
    """The suite a folder stands for, made where there is none. Raises UnusableFolder."""
    parts = folder.split("/")
    name, owner = paths.unsafe(parts[-1]), _owner(parts, folder)
    suite, _ = Suite.objects.get_or_create(
        prompt=owner.get("prompt"), tenant=owner.get("tenant"), policy=owner.get("policy"),
        name=name, defaults={"scope": owner["scope"]},
    )  # fmt: skip
    if suite.scope != owner["scope"]:
        raise UnusableFolder(f"{folder}: “{name}” is here as a suite of another kind.")
    return suite


def _owner(parts: list[str], folder: str) -> dict[str, Any]:
    if parts[0] == "safety":
        of = None if parts[1] == "global" else prompt_of(paths.unsafe(parts[2]), folder)
        # A policy without a version yet has no folder of its own.
        name = f"Policy of {of.slug}" if of else "Global policy"
        policy, _ = Policy.objects.get_or_create(prompt=of, defaults={"name": name})
        return {"policy": policy, "scope": SuiteScope.SAFETY}
    owner: dict[str, Any] = {"prompt": prompt_of(paths.unsafe(parts[1]), folder)}
    if parts[3] == paths.CORE:
        return owner | {"scope": SuiteScope.CORE}
    if parts[3] == paths.LABELS:
        return owner | {"scope": SuiteScope.LABELS}
    return owner | {"tenant": tenant_of(parts[3], folder), "scope": SuiteScope.SLICE}


def _switch(task: Import, suite: Suite, name: str) -> None:
    """Active or not, as the folder says; without a word of it active."""
    active = record(task.files, name).get("active") is not False if name in task.files else True
    if suite.active != active:
        suite.active = active
        suite.save(update_fields=["active"])
        task.report.changed["suites"] += 1


def _bring(task: Import, suite: Suite, version: VersionFiles) -> None:
    cases = _cases(version)
    digest = eval_hash(cases)
    there = suite.versions.filter(number=version.number).first()
    said = version.about.get("eval_hash")
    if there is not None and there.eval_hash == digest:
        return
    if there is not None or digest != said:
        raise UnusableFolder(
            f"{version.folder}/cases.jsonl was edited. A suite version never changes: import "
            "the cases with import_suite, or put the file back."
        )
    about = f"{version.folder}/about.json"
    made = SuiteVersion.objects.create(
        suite=suite, number=version.number, eval_hash=digest, note=version.about.get("note", ""),
        author=task.person(version.about.get("author"), about),
        created_at=moment_of(version.about, "created_at", about),
    )  # fmt: skip
    Case.objects.bulk_create(case_rows(made, cases), batch_size=500)
    task.report.added["suite versions"] += 1


def _cases(version: VersionFiles) -> list[dict[str, Any]]:
    name = f"{version.folder}/cases.jsonl"
    rows = [parse(row, name) for row in version.text("cases.jsonl").split("\n") if row]
    try:
        return [clean_case(row, place) for place, row in enumerate(rows)]
    except (UnusableCase, AttributeError, TypeError, ValueError) as error:
        raise UnusableFolder(f"{name}: {error}") from None
