"""From a row that somebody else wrote to a case: its messages, key, tags, and whether it holds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from evals.cases import LONGEST_NAME, MOST_CASES, UnusableCase, problems_of, shaped_case
from evals.importers.parsed import Parsed

TAG_KEYS = frozenset(
    {
        "category", "categories", "topic", "subject", "area", "tag", "tags", "type", "kind",
        "difficulty", "level", "language", "locale", "task", "intent", "feature", "segment",
        "slice", "severity",
    }
)  # fmt: skip
"""Metadata that says what a case is about, and so makes slices."""

_ROLES = {"system": "system", "developer": "system", "user": "user", "human": "user",
          "assistant": "assistant", "ai": "assistant", "model": "assistant"}  # fmt: skip


class LeaveOut(ValueError):
    """A row that cannot be a case; the message is the reason that people read."""


def messages_of(value: Any) -> list[dict[str, str]]:
    """Chat messages with text content. Raises LeaveOut for anything else."""
    if isinstance(value, str):
        if not value.strip():
            raise LeaveOut("its question is empty")
        return [{"role": "user", "content": value}]
    if not isinstance(value, list) or not value:
        raise LeaveOut("it has no question (neither a text nor a list of messages)")
    return [_message(one) for one in value]


def _message(message: Any) -> dict[str, str]:
    if not isinstance(message, dict):
        raise LeaveOut("a message of it is not an object with role and content")
    role = _ROLES.get(str(message.get("role", "")).lower())
    if role is None:
        raise LeaveOut(f"a message of it has the role {message.get('role')!r}")
    if message.get("tool_calls"):
        raise LeaveOut("a message of it calls a tool")
    named = str(message.get("name", ""))
    role = {"example_user": "user", "example_assistant": "assistant"}.get(named, role)
    return {"role": role, "content": _content(message.get("content"))}


def _content(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else [None]
    texts = [_part(part) for part in parts]
    return "\n".join(texts)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else None
    raise LeaveOut(f"a message of it holds {kind or 'something'} that is no text")


def texts_of(value: Any) -> list[str]:
    """One or several ideal answers as texts; numbers as they are written. Empty ones drop out."""
    found = value if isinstance(value, list) else [value]
    if any(isinstance(one, dict | list) for one in found):
        raise LeaveOut("its ideal answer is not a text")
    return [text for text in (plain(one).strip() for one in found) if text]


def plain(value: Any) -> str:
    """A value as the text it is written as: JSON for lists, objects, booleans."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def number_of(value: Any) -> float | None:
    """A finite number, also from a text; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def tags_of(metadata: Any) -> list[str]:
    """What the metadata says a case is about: short texts under the names of TAG_KEYS."""
    if not isinstance(metadata, Mapping):
        return []
    found: list[str] = []
    for name, value in metadata.items():
        if str(name).lower() in TAG_KEYS:
            values = value if isinstance(value, list) else [value]
            found += [one.strip() for one in values if isinstance(one, str)]
    return list(dict.fromkeys(tag for tag in found if 0 < len(tag) <= 60))[:10]


class Gatherer:
    """Collects the cases of one suite: keys once each, within bounds, only what can be stored.

    `mark` is a tag that all of them get.
    """

    def __init__(self, parsed: Parsed, mark: str = "imported") -> None:
        self.parsed, self.mark = parsed, mark
        self._keys: set[str] = set()

    def add(
        self, place: str, *, key: str, messages: list[dict[str, str]],
        expectations: list[dict[str, Any]], variables: Mapping[str, str] | None = None,
        tags: Iterable[str] = (), must_pass: bool = False, weight: float = 1.0,
    ) -> None:  # fmt: skip
        """Take a case in, or leave it out with the reason."""
        marked = [*tags, self.mark] if self.mark else tags
        case = {
            "key": self._key(key), "messages": messages, "variables": dict(variables or {}),
            "tags": list(dict.fromkeys(marked)), "must_pass": must_pass, "weight": weight,
            "expectations": expectations,
            "source": {"kind": "file", "file": self.parsed.file, "place": place},
        }  # fmt: skip
        reason = self._unfit(case)
        if reason:
            self.parsed.leave_out(place, reason)
            return
        self._keys.add(str(case["key"]))
        self.parsed.cases.append(case)

    def _key(self, wanted: str) -> str:
        base = " ".join(wanted.split())[: LONGEST_NAME - 8] or "case"
        key, n = base, 2
        while key in self._keys:
            key, n = f"{base} ({n})", n + 1
        return key

    def _unfit(self, case: Mapping[str, Any]) -> str:
        if len(self.parsed.cases) >= MOST_CASES:
            return f"a suite holds at most {MOST_CASES:,} cases: split the file"
        try:
            problems = problems_of(shaped_case(case, len(self.parsed.cases)))
        except UnusableCase as error:
            return f"it cannot be stored: {error}"
        return problems[0] if problems else ""
