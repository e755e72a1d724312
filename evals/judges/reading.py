"""Read a judge's reply, strictly: a verdict alone, or nothing.

A reply is one JSON object with a ``verdict`` among the allowed ones (``{"verdict": "pass",
"why": "..."}``), alone or in one code fence. Text around it, a second verdict, a verdict in
other words: unparsed. A lenient reader would take a verdict that the judged answer planted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

RUBRIC = ("pass", "fail")
PAIRWISE = ("A", "B", "tie")

LONGEST_REPLY = 20_000
_FENCED = re.compile(r"\A```(?:json)?\n(?P<inside>(?:(?!```).)*)\n```\Z", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """What one reply says: its verdict, None where it cannot be read, and the judge's reason."""

    verdict: str | None
    why: str = ""


def read(reply: str, allowed: Collection[str] = RUBRIC) -> Said:
    """The verdict of one reply; `Said(None)` unless it is one of `allowed` and stands alone."""
    text = reply.strip()
    if len(text) > LONGEST_REPLY:
        return Said(None)
    if fenced := _FENCED.match(text):
        text = fenced["inside"]
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Said(None)
    verdict = document.get("verdict") if isinstance(document, dict) else None
    if not isinstance(verdict, str) or verdict not in allowed:
        return Said(None)
    why = document.get("why")
    return Said(verdict, why.strip()[:500] if isinstance(why, str) else "")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once; ValueError for a second verdict in the same object."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
