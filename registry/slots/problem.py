"""What makes a slot's text not allowed, in words a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]
Kind = Literal["type", "length", "missing"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a text may not stand in a slot.

    `span` is half-open and counts code points of the text as given; None when the problem
    is the text as a whole. `mended` is the whole text as the type would have it written,
    where that can be told without guessing. `kind` says whether the text is not of the
    slot's type, too long, or missing where the slot must be filled.
    """

    message: str
    hint: str = ""
    span: Span | None = None
    mended: str | None = None
    kind: Kind = "type"


class Misfit(ValueError):
    """A text that cannot be read as its slot's type, or items that cannot be written as it."""

    def __init__(self, message: str, hint: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.span = message, hint, span

    @property
    def problem(self) -> Problem:
        """The misfit as a problem of the text."""
        return Problem(self.message, self.hint, self.span)
