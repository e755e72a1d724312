"""What the policy will say of forks once they are overlays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.adoption.planning import rules_for, variables_in
from registry import lines, slots
from registry.compose import Variable
from registry.guardrails import LintContext, Policy, against_default, lint, load_policy
from registry.models import ModelTarget, Prompt
from registry.unfork.reshape import Template

KEPT = 20
"""Findings kept of one fork; a person who meets more of them has to look at the text."""


@dataclass(frozen=True)
class Linter:
    """The current rules, as they will be once the forks are adopted."""

    policy: Policy
    template: Template
    variables: Sequence[Variable]
    target: ModelTarget

    def findings(
        self, values: Mapping[str, str], *, segment: str | None, locale: str | None
    ) -> list[dict[str, Any]]:
        """What policy, slots and base say of a fork's values, the gravest first, as plain JSON."""
        declared = self.template.slots
        context = LintContext(
            segment=segment, locale=locale, model=self.target.snapshot,
            declared_variables=tuple(variable.name for variable in self.variables),
            slot_limits=tuple((slot.name, slot.max_chars) for slot in declared if slot.max_chars),
        )  # fmt: skip
        found = [
            *lint(dict(values), self.policy, context),
            *slots.findings(declared, values),
            *against_default(self.template.text, declared, values, locale),
        ]
        return sorted((one.as_dict() for one in found), key=lambda one: _WEIGHT[one["severity"]])[
            :KEPT
        ]


_WEIGHT: dict[str, int] = {"block": 0, "review": 1, "warn": 2}


def linter(
    prompt: Prompt | None, template: Template, texts: Sequence[str], target: ModelTarget,
    *, fenced: bool,
) -> Linter | None:  # fmt: skip
    """The rules for forks that carry their policy themselves, or the global ones where `fenced`.

    None while there is no policy.
    """
    try:
        head = lines.policy_head(prompt) if prompt else lines.global_policy_head()
    except lines.MissingLayer:
        return None
    rules = head.rules if fenced else rules_for(prompt, texts)
    return Linter(load_policy(rules), template, variables_in(texts), target)
