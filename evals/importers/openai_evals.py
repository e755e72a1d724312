"""OpenAI evals sample files (JSONL with `input` and `ideal`).

The eval class stands in a separate registry file; a sample alone is read as the
framework's `Match`: the answer has to begin with one of the ideals.
"""

from __future__ import annotations

import json
from typing import Any

from evals.importers.parsed import LeftOut, Parsed

ROLES = {"system", "user", "assistant"}


def parse(text: str) -> Parsed:
    """One case a line; a line that cannot be a case is left out with its reason."""
    parsed = Parsed()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            parsed.cases.append(_case(json.loads(line), number))
        except json.JSONDecodeError as error:
            parsed.left_out.append(LeftOut(place, f"not JSON: {error.msg}"))
        except _Unusable as error:
            parsed.left_out.append(LeftOut(place, str(error)))
    return parsed


class _Unusable(ValueError):
    pass


def _case(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise _Unusable("not a JSON object")
    return {
        "key": f"sample-{number:04d}",
        "messages": _messages(row.get("input", row.get("sample"))),
        "tags": ["imported"],
        "expectations": [{"scorer": "starts_with", "values": _ideals(row.get("ideal"))}],
    }


def _messages(value: Any) -> list[dict[str, str]]:
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list) or not value:
        raise _Unusable("no input")
    for message in value:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise _Unusable("an input message without text content")
        if message.get("role") not in ROLES:
            raise _Unusable(f"an input message with the role {message.get('role')!r}")
    return [{"role": message["role"], "content": message["content"]} for message in value]


def _ideals(value: Any) -> list[str]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _Unusable("no ideal answer to compare with (a model-graded sample?)")
    stripped = [one.strip() for one in found if one.strip()]
    if not stripped:
        raise _Unusable("the ideal answer is empty")
    return stripped
