"""What a file was found to hold: prompts, each under a name of its own or the file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAME_KEYS = ("tenant", "slug", "name")
TEXT_KEYS = ("system", "prompt", "text", "content")
"""Columns and keys that are read, the first that is there counts."""


@dataclass(frozen=True)
class Found:
    """One prompt. `name` "" means the file's; `place` says where in the file it stands."""

    name: str = ""
    text: str = ""
    why: str = ""
    place: str = ""


def first_key(known: Sequence[str], keys: Sequence[str]) -> str | None:
    """The first of `known` among `keys`, as it is written there (capitals do not matter)."""
    written = {key.strip().lower(): key for key in reversed(keys)}
    return next((written[key] for key in known if key in written), None)
