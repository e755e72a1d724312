"""Faults on demand: what a model provider does on a bad day.

By request header: ``X-Simulate-Fault: 429;retry-after=1`` (or ``500``, or ``hang;seconds=20``).
For all requests: a rate in 0..1 and a kind, from the command line or ``POST /admin/faults`` with
``{"rate": 0.1, "kind": "500"}``. Which requests a rate hits is random on purpose: a retry can
succeed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = ("429", "500", "hang")
LONGEST_HANG = 600.0  # seconds; nothing stays open for ever
DEFAULT_HANG = 60.0  # seconds; longer than any sensible client timeout
LONGEST_RETRY_AFTER = 3600.0  # seconds


@dataclass(frozen=True)
class Fault:
    """One fault to act out: its kind, seconds to hang, seconds to name in Retry-After."""

    kind: str
    seconds: float = DEFAULT_HANG
    retry_after: float = 1.0


def parse_fault(header: str) -> Fault | None:
    """The fault a header asks for; None for an empty header.

    Raises ValueError, with the accepted forms, for anything else.
    """
    kind, *settings = (part.strip().lower() for part in header.split(";"))
    if not kind:
        return None
    if kind not in KINDS:
        raise ValueError("X-Simulate-Fault is 429;retry-after=1, 500 or hang;seconds=20.")
    values = dict(setting.partition("=")[::2] for setting in settings)
    return Fault(
        kind,
        _seconds(values.get("seconds"), DEFAULT_HANG, LONGEST_HANG),
        _seconds(values.get("retry-after"), 1.0, LONGEST_RETRY_AFTER),
    )


def _seconds(text: str | None, default: float, longest: float) -> float:
    if text is None:
        return default
    value = float(text)
    if not 0 <= value <= longest:  # also refuses NaN
        raise ValueError(f"Give a number of seconds from 0 to {longest:g}.")
    return value


@dataclass
class FaultPlan:
    """How often a request without the header fails, and how."""

    rate: float = 0.0
    fault: Fault = Fault("500")

    def draw(self) -> Fault | None:
        """The fault of the next request, if it is its turn."""
        return self.fault if self.rate and random.random() < self.rate else None
