"""The formats of `import_suite`, each with its reader of a file or a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evals.cases import UnusableCase, shaped_case
from evals.importers import inspect_samples, openai_evals, plain_csv, promptfoo
from evals.importers.folder import Folder
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.safety import lists

GARAK = "garak"
"""Lists of attacks: they become a safety set of the policy, not a suite of a prompt."""


def _attacks(path: Path, options: Options) -> list[Parsed]:
    folder = Folder(path if path.is_dir() else path.parent)
    files = folder.files(".json", ".jsonl") if path.is_dir() else iter([path])
    found = []
    for one in files:
        try:
            found.append(_storable(lists.parse(one)))
        except UnusableFile as error:
            found.append(Parsed(name=one.stem, file=folder.name(one)))
            found[-1].leave_out(one.name, str(error))
    return found


def _storable(parsed: Parsed) -> Parsed:
    """The same without the attacks that no column holds; each is left out with its reason."""
    for case in parsed.cases[:]:
        try:
            shaped_case(case, 0)
        except UnusableCase as error:
            parsed.cases.remove(case)
            parsed.leave_out(str(case["key"]), f"it cannot be stored: {error}")
    return parsed


FORMATS: dict[str, Callable[[Path, Options], list[Parsed]]] = {
    "promptfoo": promptfoo.parse,
    "openai-evals": openai_evals.parse,
    "inspect": inspect_samples.parse,
    "csv": plain_csv.parse,
    GARAK: _attacks,
}
