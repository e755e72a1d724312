"""The release gate over a file: one document (.json), or one a line (.jsonl).

Loads nothing of Django: `manage.py decide` runs this at once (`fleet.launch.entry`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from evals.gate_document import read
from evals.verdicts import UnusableInput

UNUSABLE = 2
"""Exit status where the file, or a line of it, cannot be judged."""

Say = Callable[[str], object]
"""Writes one line."""


def judge_file(path: Path, say: Say, complain: Say) -> int:
    """Say the verdict of a document or of each line; gives the exit status."""
    try:
        if path.suffix.lower() in {".jsonl", ".ndjson"}:
            return _lines(path, say, complain)
        say(json.dumps(_verdict_of(path.read_bytes()), indent=2))
    except OSError as error:
        complain(f"Cannot read {path}: {error.strerror or error}")
        return UNUSABLE
    except UnusableInput as error:
        complain(f"{path}: {error}")
        return UNUSABLE
    return 0


def _lines(path: Path, say: Say, complain: Say) -> int:
    """One answer a line. A bad line is told in its place; its neighbours are judged."""
    answered = bad = 0
    with path.open("rb") as lines:
        for number, answer in _answers(lines):
            answered += 1
            if "error" in answer:
                bad += 1
                complain(f"{path}, line {number}: {answer['error']}")
            say(json.dumps(answer))
    if not answered:
        raise UnusableInput("the file holds no document.")
    return UNUSABLE if bad else 0


def _answers(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and answer of every non-empty line; one that cannot be judged says why."""
    for number, raw in enumerate(lines, 1):
        if raw.strip():
            try:
                yield number, _verdict_of(raw)
            except UnusableInput as error:
                yield number, {"line": number, "error": str(error)}


def _verdict_of(raw: bytes) -> dict[str, Any]:
    """The gate's answer to one document. Raises UnusableInput."""
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"not JSON: {error}") from error
    return read(document).decide().as_dict()
