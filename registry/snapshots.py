"""Which names of models are dated snapshots, and which dated ones an alias may stand for. Pure.

An alias (“latest”, or a name without a date) is a different model after any of the provider's
changes: nothing that was measured on it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_DATED = re.compile(
    rf"(?:^|[-_.@:])(?:20\d\d[-_.]?{_MONTH}[-_.]?{_DAY}|{_MONTH}{_DAY}|2\d{_MONTH}|00\d)(?![0-9])"
    r"|@sha256:[0-9a-f]{12,}"
)
"""2024-08-06, 20241022, 0613 (month and day), 2407 (year and month), 002 (a numbered build), or
the hash of a model of one's own."""

KNOWN = (
    "claude-3-5-haiku-20241022", "claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022",
    "claude-3-7-sonnet-20250219", "claude-3-haiku-20240307", "claude-3-opus-20240229",
    "claude-opus-4-20250514", "claude-sonnet-4-20250514", "gemini-1.5-flash-002",
    "gemini-1.5-pro-002", "gpt-3.5-turbo-0125", "gpt-4-0613", "gpt-4-turbo-2024-04-09",
    "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06",
    "gpt-4o-2024-11-20", "gpt-4o-mini-2024-07-18", "mistral-large-2407", "mistral-large-2411",
    "o1-2024-12-17", "o3-mini-2025-01-31",
)  # fmt: skip
"""Dated names of common aliases, from the providers' own lists of models."""

MOST_OFFERED = 3


def is_dated(snapshot: str) -> bool:
    """Whether a name stands for one model for good."""
    return "latest" not in snapshot.lower() and _DATED.search(snapshot) is not None


def offers(alias: str, known: Iterable[str] = ()) -> list[str]:
    """Dated names that an alias may stand for, the newest first, at most MOST_OFFERED.

    `known`: snapshots beyond the common ones, such as those the product has already.
    """
    stem = re.sub(r"[-_:@.]?latest$", "", alias.lower().strip())
    if not stem:
        return []
    found = {
        name
        for name in (*KNOWN, *known)
        if is_dated(name) and re.match(rf"{re.escape(stem)}[-_.@:]", name.lower())
    }
    own = {name for name in found if _DATED.match(name.lower()[len(stem) :])}
    return sorted(own or found, reverse=True)[:MOST_OFFERED]
