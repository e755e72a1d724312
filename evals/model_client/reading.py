"""What every shape reads alike: token counts, texts that can be stored, Retry-After. Pure."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

LARGEST_COUNT = 2**31 - 1
"""What the column holds; no context window comes near."""

LONGEST_RETRY_AFTER = 3600.0
"""Seconds: a provider that wants more is asked again after an hour."""


class UnreadableReply(ValueError):
    """The provider answered, but not in its shape; the message says what lacks."""


def count(value: Any) -> int | None:
    """A provider's token count, None for what is none."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return value if known else None


def storable(text: str) -> str:
    """What a text column can hold: U+FFFD for NUL and for half of a cut-off emoji."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def storable_json(value: Any) -> Any:
    """The same for every text inside a JSON value; what is no JSON becomes its text."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [storable_json(one) for one in value]
    if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):
        return str(value)
    return value


def tool_call(name: Any, arguments: Any) -> dict[str, Any]:
    """One tool call; arguments that are JSON in a text are read, others stay as they are."""
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    return {"name": storable(str(name or "")), "arguments": storable_json(arguments)}


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After`, seconds or a date (RFC 9110).

    None where the header is missing or says nothing.
    """
    try:
        if "retry-after-ms" in headers:
            return _bounded(float(headers["retry-after-ms"]) / 1000)
        said = headers["Retry-After"]
    except (KeyError, ValueError):
        return None
    with suppress(ValueError):
        return _bounded(float(said))
    try:
        at = parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return _bounded(at - (time.time() if now is None else now))


def _bounded(seconds: float) -> float | None:
    if seconds != seconds:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
