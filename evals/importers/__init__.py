"""Read suites that others wrote. Each importer parses text; nothing found is executed."""

from __future__ import annotations

from collections.abc import Callable

from evals.importers import openai_evals
from evals.importers.parsed import LeftOut, Parsed

FORMATS: dict[str, Callable[[str], Parsed]] = {"openai-evals": openai_evals.parse}
"""Format name of `import_suite` -> its parser of one file's text."""

__all__ = ["FORMATS", "LeftOut", "Parsed"]
