"""Rows of an un-fork's page: stretches of the base, slots, forks."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.adoption.models import ForkFile
from fleet.adoption.owners import problem_with
from registry.compose import Slot

BLOCKING = "block"
"""Severity of what an edit has to mend before it can be submitted."""


@dataclass(frozen=True)
class Piece:
    """A stretch of the base: text of its own, or a slot with its default."""

    text: str
    slot: Slot | None = None


@dataclass(frozen=True)
class SlotLine:
    """One proposed slot, and how many forks fill it with words of their own."""

    slot: Slot
    used: int


@dataclass(frozen=True)
class ForkLine:
    """One fork of the table."""

    file: ForkFile
    odd: tuple[str, ...]

    @property
    def blocking(self) -> int:
        """Findings that an edit of this overlay would have to mend first."""
        return sum(one["severity"] == BLOCKING for one in self.file.findings)

    @property
    def to_look_at(self) -> int:
        """Findings for a reviewer."""
        return len(self.file.findings) - self.blocking

    @property
    def blocking_words(self) -> str:
        """What blocks, counted in words."""
        return f"{self.blocking} would block"

    @property
    def looking_words(self) -> str:
        """What is to be looked at, counted in words."""
        return f"{self.to_look_at} to look at"

    @property
    def owner_problem(self) -> str:
        """Why it cannot belong to anybody as it stands."""
        return "" if self.file.tenant_id else problem_with(self.file.slug)

    @property
    def what(self) -> str:
        """The outcome's word: adopted, unchanged or left; "" before."""
        return self.file.outcome.partition(":")[0]

    @property
    def why(self) -> str:
        """The rest of the outcome."""
        return self.file.outcome.partition(":")[2].strip()
