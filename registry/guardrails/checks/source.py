"""The text under check, with what several checks need worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from registry.guardrails.findings import LintContext
from registry.guardrails.policy import Policy
from registry.guardrails.reading import Reading, read
from registry.guardrails.text_view import View, view_of


@dataclass(frozen=True)
class Source:
    """One text (a slot's value or one free text), its policy and its place."""

    text: str
    policy: Policy
    context: LintContext

    @cached_property
    def view(self) -> View:
        """The normalised reading, offsets kept."""
        return view_of(self.text)

    @cached_property
    def readings(self) -> list[Reading]:
        """The sentences that break any topic, and those that only speak of rules."""
        return read(self.view, self.context.locale)
