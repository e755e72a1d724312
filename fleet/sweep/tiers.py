"""How much to measure for which reason: the four tiers. Pure.

| tier | for | measures |
| --- | --- | --- |
| 1 | every change of the platform default | the prompt's core suite |
| 2 | a new base, policy or judge, a model's retirement | the largest, and whom the change names |
| 3 | a change of one customer's prompt, or their own request | core, their slice, safety |
| 4 | a continuous sample of what is served | comes with the call log |

The monthly run over the library measures everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

TOP = 20
"""Variants that a change of tier 2 measures by revenue; the issue's figure."""

EVERYBODY = 0
"""The tier of the monthly run, which leaves nobody out."""

MEANING = {
    0: "everybody",
    1: "the core suite",
    2: f"the {TOP} largest, and whom the change names",
    3: "one customer",
    4: "a sample of what is served",
}


@dataclass(frozen=True)
class Candidate:
    """A variant that may be measured: its customer's revenue a year, and why it is named, if so.

    The platform default has no customer; it always counts among the largest, since whoever has
    no variant of their own is served by it.
    """

    variant: int
    revenue: Decimal | None
    named: str = ""


@dataclass(frozen=True)
class Pick:
    """A variant that is measured, and why it is."""

    variant: int
    reason: str


def tier_of_change(*, tenant: bool) -> tuple[int, str]:
    """Tier and reason for a change of one variant: a customer's, or the platform default."""
    if tenant:
        return 3, "A change of one customer's prompt: the core suite, their slice and safety."
    return 1, "A change of the platform default: the core suite and safety."


def largest_and_named(candidates: Sequence[Candidate], top: int = TOP) -> list[Pick]:
    """Tier 2: the largest by revenue, then whoever the change names; each once."""
    ranked = sorted(
        candidates,
        key=lambda one: (one.revenue is not None, -(one.revenue or Decimal(0)), one.variant),
    )
    defaults = sum(one.revenue is None for one in ranked)
    return [
        Pick(one.variant, one.named or _rank(one, place - defaults))
        for place, one in enumerate(ranked, 1)
        if place <= top or one.named
    ]


def everybody(candidates: Sequence[Candidate]) -> list[Pick]:
    """All of them, largest first."""
    return largest_and_named(candidates, top=len(candidates))


def _rank(one: Candidate, place: int) -> str:
    return "The platform default" if one.revenue is None else f"Number {place} by revenue"
