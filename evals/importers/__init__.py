"""Read suites that others wrote. Each importer parses text; nothing found is executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evals.importers import inspect_samples, openai_evals, plain_csv, promptfoo
from evals.importers.parsed import LeftOut, Options, Parsed, UnusableFile

FORMATS: dict[str, Callable[[Path, Options], list[Parsed]]] = {
    "promptfoo": promptfoo.parse,
    "openai-evals": openai_evals.parse,
    "inspect": inspect_samples.parse,
    "csv": plain_csv.parse,
}
"""Format name of `import_suite` -> its reader of a file or a folder."""

__all__ = ["FORMATS", "LeftOut", "Options", "Parsed", "UnusableFile"]
