"""Read the demo's data files: TOML, Markdown, JSON and JSONL below `fleet/demo/data`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"


def toml(*parts: str) -> dict[str, Any]:
    """One TOML file's content."""
    return tomllib.loads(text(*parts))


def text(*parts: str) -> str:
    """One file's text, without the final newline that editors add."""
    return DATA.joinpath(*parts).read_text(encoding="utf-8").removesuffix("\n")


def document(*parts: str) -> Any:
    """One JSON file's content."""
    return json.loads(text(*parts))


def cases(*parts: str) -> list[dict[str, Any]]:
    """The cases of one JSONL file."""
    return [json.loads(line) for line in text(*parts).splitlines() if line.strip()]


def stems(*parts: str) -> Iterator[str]:
    """Names (without ending) of a folder's files, sorted."""
    return iter(sorted(path.stem for path in DATA.joinpath(*parts).iterdir()))
