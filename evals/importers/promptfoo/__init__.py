"""promptfoo: a config with its tests, or a tests file alone. Nothing it names is run or fetched.

A test becomes a case: the prompt with the test's variables is what is asked, its assertions what
is expected. Of several prompts the first is asked, as they are wordings of the same question;
where none can be read (a missing file), the test's variables are asked, since the prompt that
the suite measures stands in its place. Providers are left aside: a run asks the variant's model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.importers.cases import Gatherer, LeaveOut
from evals.importers.folder import Folder
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.importers.promptfoo.carry import Config, take
from evals.importers.promptfoo.files import matches
from evals.importers.promptfoo.prompts import Prompt, prompts_of
from evals.importers.promptfoo.scenarios import scenario_tests
from evals.importers.promptfoo.tests import document_of, of_file, tests_of

YAML = (".yaml", ".yml")
IGNORED = {
    "redteam": "attacks that a model makes up are not carried over",
    "extensions": "its hooks are code, which is not run",
    "nunjucksFilters": "its filters are code, which is not run",
    "derivedMetrics": "measures computed from others are not carried over",
}
"""Parts of a config that are named where they stand, and why they stay out."""


def parse(path: Path, options: Options) -> list[Parsed]:
    """One suite for each config, and one for each tests file that no config names."""
    if path.is_file():
        return [_file(Folder(path.parent), path.resolve(), options)]
    folder = Folder(path)
    files = list(folder.files(*YAML, ".json"))
    first = [one for one in files if "promptfoo" in one.name.lower()]
    found = [_file(folder, one, options) for one in first]
    rest = [one for one in [*files, *folder.files(".csv", ".jsonl")] if one not in first]
    found += [_file(folder, one, options) for one in rest if one.resolve() not in folder.read]
    return found


def _file(folder: Folder, path: Path, options: Options) -> Parsed:
    named = path.parent.name if path.stem.startswith("promptfooconfig") else path.stem
    parsed = Parsed(name=named or path.stem, file=folder.name(path))
    try:
        is_table = path.suffix.lower() not in (*YAML, ".json")
        document = None if is_table else document_of(folder, path)
        if isinstance(document, dict) and _is_config(document):
            _config(folder, path, document, options, parsed)
        elif is_table or _is_tests(document):
            _alone(folder, path, options, parsed)
        else:
            parsed.leave_out(folder.name(path), "it is neither a config nor a list of tests")
    except (UnusableFile, LeaveOut) as error:
        parsed.leave_out(folder.name(path), str(error))
    return parsed


def _is_config(document: Mapping[str, Any]) -> bool:
    return any(part in document for part in ("tests", "scenarios", "prompts", "redteam"))


def _is_tests(document: Any) -> bool:
    rows = document if isinstance(document, list) else []
    return bool(rows) and any(isinstance(row, dict) and "vars" in row for row in rows)


def _alone(folder: Folder, path: Path, options: Options, parsed: Parsed) -> None:
    tests = list(of_file(folder, path, parsed))
    if not any(test.get("assert") for _, test, _ in tests):
        parsed.leave_out(
            folder.name(path), "none of its rows checks anything (no `__expected` column, no "
            "`assert`), and no config names it",
        )  # fmt: skip
        return
    parsed.note(folder.name(path), "it stands without a config: its variables are what is asked")
    take(_ready(folder, path, {}, None, {}, options, parsed), iter(tests))


def _config(
    folder: Folder, path: Path, document: Mapping[str, Any], options: Options, parsed: Parsed
) -> None:
    for part, why in IGNORED.items():
        if document.get(part):
            parsed.note(part, why)
    prompt = _chosen(folder, path, document, options, parsed)
    default = _default(folder, path, document)
    config = _ready(folder, path, document, prompt, default, options, parsed)
    take(config, tests_of(document.get("tests"), folder, path, parsed))
    take(config, scenario_tests(document.get("scenarios"), folder, path, parsed))
    if not parsed.cases and not parsed.left_out:
        parsed.leave_out(folder.name(path), "it has no tests")


def _chosen(
    folder: Folder, path: Path, document: Mapping[str, Any], options: Options, parsed: Parsed
) -> Prompt | None:
    """The prompt that is asked; every other one is named."""
    found = prompts_of(document.get("prompts"), folder, path, parsed)
    if not found:
        parsed.change(
            folder.name(path), "none of its prompts can be read here: its cases ask their "
            "variables, and the prompt they measure says what to do with them",
        )  # fmt: skip
        return None
    at = min(options.prompt_number, len(found)) - 1
    for number in range(len(found)):
        if number != at:
            parsed.leave_out(
                f"prompt {number + 1} of {len(found)}", "a suite asks each question once, here "
                f"with prompt {at + 1}; --prompt-number {number + 1} takes this one",
            )  # fmt: skip
    return found[at]


def _default(folder: Folder, path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What holds for all tests, read from its file where the config names one."""
    found = document.get("defaultTest")
    if isinstance(found, str):
        found = document_of(folder, matches(folder, path, found)[0])
    return found if isinstance(found, dict) else {}


def _ready(
    folder: Folder, path: Path, document: Mapping[str, Any], prompt: Prompt | None,
    default: Mapping[str, Any], options: Options, parsed: Parsed,
) -> Config:  # fmt: skip
    gatherer = Gatherer(parsed)
    return Config(folder, path, document, prompt, default, options, parsed, gatherer)
