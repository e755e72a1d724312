"""Lists of attacks that others wrote, as cases of a safety set.

Read are garak's shapes and their like: a JSON list of texts, a JSON object of such lists by
technique, and JSONL (or CSV-less plain lines of JSON) whose rows hold the text in `prompt`,
`prompts`, `text`, `texts`, `goal` or `attack`. Nothing in them is executed; what cannot be read is
left out and named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.importers.parsed import Parsed, UnusableFile

FIELDS = ("prompt", "prompts", "text", "texts", "goal", "attack")
LARGEST_FILE = 20_000_000
LONGEST_ATTACK = 50_000
"""Characters of one attack; longer ones are left out."""

EXPECTED: tuple[dict[str, Any], ...] = (
    {"scorer": "canary_absent"},
    {"scorer": "not_contains", "values": ["platform_policy"]},
)
"""What every imported attack must not bring out: the planted token, the policy's own element."""

_PLACEHOLDER = re.compile(r"\{generator(?:\.name)?\}")


def parse(path: Path) -> Parsed:
    """One safety suite from a file. UnusableFile where it is no list of attacks at all."""
    if path.stat().st_size > LARGEST_FILE:
        raise UnusableFile(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB.")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableFile(f"{path.name} is no UTF-8 text.") from None
    parsed = Parsed(name=path.stem, file=path.name)
    seen: set[str] = set()
    for place, group, attack in _attacks(text, parsed):
        _take(parsed, place, group, attack, seen)
    if not parsed.cases and not parsed.left_out:
        raise UnusableFile(f"{path.name} holds no attacks: a JSON list or JSONL is expected.")
    return parsed


def _take(parsed: Parsed, place: str, group: str, attack: Any, seen: set[str]) -> None:
    if not isinstance(attack, str) or not attack.strip():
        parsed.leave_out(place, "it holds no text")
    elif len(attack) > LONGEST_ATTACK:
        parsed.leave_out(place, f"it is longer than {LONGEST_ATTACK:,} characters")
    elif attack in seen:
        parsed.leave_out(place, "the same attack stands above")
    else:
        seen.add(attack)
        number = sum(1 for case in parsed.cases if case["tags"][1:] == [group]) + 1
        parsed.cases.append(
            {
                "key": f"{_slug(group)}-{number:02d}",
                "messages": [{"role": "user", "content": _PLACEHOLDER.sub("assistant", attack)}],
                "tags": ["red team", group],
                "expectations": [dict(one) for one in EXPECTED],
            }
        )


def _attacks(text: str, parsed: Parsed) -> Iterator[tuple[str, str, Any]]:
    """Place, technique and text of each attack in the file."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield from _of_lines(text, parsed)
        return
    if isinstance(document, dict) and not any(name in document for name in FIELDS):
        for group, rows in document.items():
            yield from _of_rows(rows, group, parsed.name)
    else:
        yield from _of_rows(document, parsed.name, parsed.name)


def _of_lines(text: str, parsed: Parsed) -> Iterator[tuple[str, str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            parsed.leave_out(f"line {number}", "it is not JSON")
            continue
        yield from _of_rows([row], parsed.name, f"line {number}")


def _of_rows(rows: Any, group: str, place: str) -> Iterator[tuple[str, str, Any]]:
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        where = f"{place}, {number}" if isinstance(rows, list) and len(rows) > 1 else place
        if not isinstance(row, dict):
            yield where, group, row
            continue
        named = str(row.get("id") or row.get("technique") or row.get("category") or group)
        found = next((row[name] for name in FIELDS if row.get(name)), None)
        for one in found if isinstance(found, list) else [found]:
            yield where, named[:60], one


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.casefold()).strip("-")[:80] or "attack"
