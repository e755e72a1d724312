"""All that a verdict is formed from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from evals.verdicts import CasePair, Thresholds


@dataclass(frozen=True)
class Evidence:
    """Results of one run, frozen thresholds, and how the run went. See `evals.gate.decide`."""

    thresholds: Thresholds
    cases: tuple[CasePair, ...]
    reserve: tuple[CasePair, ...] = ()
    errors: int = 0
    unscored: int = 0
    unasked: int = 0
    judges: Mapping[str, Collection[str]] = field(default_factory=dict)
    compared: str = "model"
    calls: int | None = None

    @property
    def old(self) -> str:
        """The baseline in words."""
        return f"the old {self.compared}"

    @property
    def new(self) -> str:
        """The candidate in words, after `old` was named."""
        return "the new one"

    @property
    def lost(self) -> int:
        """Calls that brought no score."""
        return self.errors + self.unscored + self.unasked

    @property
    def all_calls(self) -> int:
        """Every call that was made or should have been, whatever came of it."""
        if self.calls is not None:
            return self.calls
        pairs = (*self.cases, *self.reserve)
        return self.lost + sum(len(pair.baseline) + len(pair.candidate) for pair in pairs)
