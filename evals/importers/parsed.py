"""What an importer gives: the cases it could carry over, and what it left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """One case or assertion that was not carried over; `place` is where it stands."""

    place: str
    reason: str


@dataclass
class Parsed:
    """Cases in the product's own shape (`evals.suites.clean_case`), in file order."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
