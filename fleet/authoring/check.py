"""Hold what is typed against the policy, compose it, and compare it with what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from registry import border, checks, lines
from registry.compose import Composed, ComposeError, compose
from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.guardrails import Finding
from registry.models import BaseVersion, ModelTarget, Revision, Variant

TABS = {"preview": "Preview", "changes": "Changes", "guardrails": "Guardrails"}
CONTEXT_LINES = 3


@dataclass
class Check:
    """Everything the right side of the form says about one state of the text."""

    variant: Variant
    base: BaseVersion
    target: ModelTarget
    values: dict[str, str]
    live: Revision | None
    tab: str
    problem: str = ""

    @cached_property
    def findings(self) -> list[Finding]:
        """What the current policy says, over all slots."""
        known = {slot.name for slot in self.base.slot_list}
        values = {name: text for name, text in self.values.items() if name in known}
        return checks.lint_values(self.variant, values, base=self.base, target=self.target)

    @cached_property
    def composed(self) -> Composed | None:
        """The whole text a model would read; None with `problem` set when it does not fit."""
        policy = lines.policy_head(self.variant.prompt)
        try:
            return compose(policy.text, self.base.text, self.base.slot_list, self.values)
        except ComposeError as problem:
            self.problem = str(problem)
            return None

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The composed text against what is live."""
        if self.composed is None:
            return []
        old = self.live.text if self.live else ""
        return side_by_side(old, self.composed.text, CONTEXT_LINES)

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @property
    def blocking(self) -> int:
        """Findings that must be changed before it can be submitted."""
        return sum(finding.severity == "block" for finding in self.findings)

    @property
    def to_look_at(self) -> int:
        """Findings that do not block."""
        return len(self.findings) - self.blocking

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """(key, label) of the right side's tabs."""
        return list(TABS.items())


def checked(
    variant: Variant,
    base: BaseVersion,
    target: ModelTarget,
    values: Mapping[str, str],
    live: Revision | None,
    tab: str,
) -> Check:
    """Check what was typed; text that cannot be stored is checked as far as it can be."""
    known_tab = tab if tab in TABS else "preview"
    try:
        clean = border.values_from_form(values)
    except border.UnusableText as problem:
        return Check(variant, base, target, {}, live, known_tab, str(problem))
    return Check(variant, base, target, clean, live, known_tab)
