"""How rows are written into the folder: JSON, times, versions with their newest number."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

File = tuple[str, str]
"""A path in the folder, and the text that stands there."""


def dump(document: Any) -> str:
    """JSON as it stands in the folder: indented, keys in the order they were put, Unicode."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def with_heads(versions: Any, line: str) -> Iterator[tuple[Any, Any, int]]:
    """(line, version, newest number of its line); versions come newest first by line."""
    head, of = 0, None
    for version in versions.iterator(chunk_size=500):
        if getattr(version, line) != of:
            head, of = version.number, getattr(version, line)
        yield version, version, head


def moment(when: dt.datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC."""
    return when.astimezone(dt.UTC).isoformat() if when else None
