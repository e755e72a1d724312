"""Hold what is typed against the policy, compose it, and compare it with what is live.

Each part is worked out when the page asks for it, so a check pays for the open tab alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fleet.authoring.ground import Ground
from fleet.authoring.meter import Meter, slot_meters, whole_meters
from fleet.authoring.moved import Moved, moved
from fleet.authoring.samples import Sample, sample_values, samples
from registry import border, checks
from registry.compose import Composed, ComposeError, Slot, compose
from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.guardrails import Finding
from registry.render import render

TABS = {
    "preview": "Preview",
    "model": "What the model sees",
    "changes": "Changes",
    "guardrails": "Guardrails",
}
CONTEXT_LINES = 3


@dataclass
class Check:
    """Everything the right side of the form says about one state of the text."""

    ground: Ground
    values: dict[str, str]
    tab: str
    typed_samples: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @cached_property
    def slots(self) -> list[Slot]:
        """What the base lets a tenant fill."""
        return self.ground.base.slot_list

    @cached_property
    def findings(self) -> list[Finding]:
        """What the current policy says, over all slots."""
        known = {slot.name for slot in self.slots}
        values = {name: text for name, text in self.values.items() if name in known}
        ground = self.ground
        return checks.lint_values(
            ground.variant, values, base=ground.base, target=ground.target, policy=ground.policy
        )

    @property
    def marks(self) -> list[dict[str, Any]]:
        """The findings as the page's script marks them in the text, in reading order."""
        return [finding.as_dict() for finding in self.findings if finding.slot]

    @cached_property
    def composed(self) -> Composed | None:
        """The whole text a model would read; None with `problem` set when it does not fit."""
        base = self.ground.base
        try:
            return compose(self.ground.policy.text, base.text, self.slots, self.values)
        except ComposeError as problem:
            self.problem = str(problem)
            return None

    @cached_property
    def samples(self) -> list[Sample]:
        """The request variables with what stands for them in the view of the model."""
        return samples(self.ground.base.variable_list, self.typed_samples)

    @property
    def rendered(self) -> str:
        """The prompt as one call would send it."""
        text = self.composed.text if self.composed else ""
        return render(text, sample_values(self.samples))

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The composed text against what is live."""
        if self.composed is None:
            return []
        old = self.ground.live.text if self.ground.live else ""
        return side_by_side(old, self.composed.text, CONTEXT_LINES)

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @cached_property
    def meters(self) -> list[Meter]:
        """How much of the policy's and the model's limits is taken."""
        ground, text = self.ground, self.composed.text if self.composed else ""
        limits = checks.policy_of(ground.policy).limits
        window = ground.target.context_window
        return whole_meters(self.values, text, limits, ground.target.snapshot, window)

    @cached_property
    def slot_meters(self) -> list[Meter]:
        """How much of each slot's own limit in tokens is taken."""
        return slot_meters(self.slots, self.values, self.ground.target.snapshot)

    @property
    def blocking(self) -> int:
        """Findings that must be changed before it can be submitted."""
        return sum(finding.severity == "block" for finding in self.findings)

    @property
    def to_look_at(self) -> int:
        """Findings that do not block."""
        return len(self.findings) - self.blocking

    @cached_property
    def moved(self) -> Moved:
        """What else than the overlay a submit would change."""
        return moved(self.ground, self.values)

    @cached_property
    def changed(self) -> list[str]:
        """Labels of the slots whose text differs from what is live."""
        overlay = self.ground.live.overlay_version if self.ground.live else None
        live = overlay.values if overlay else {}
        labels = {slot.name: slot.label or slot.name for slot in self.slots}
        names = [*labels, *(name for name in {**live, **self.values} if name not in labels)]
        return [
            labels.get(name, name) for name in names
            if live.get(name, "") != self.values.get(name, "")
        ]  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether a submit would ask for exactly what is live."""
        live, target = self.ground.live, self.ground.target
        same_model = live is not None and live.model_target_id == target.pk
        return same_model and not self.changed and not self.moved

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """(key, label) of the right side's tabs."""
        return list(TABS.items())


def checked(
    ground: Ground,
    values: Mapping[str, str],
    tab: str,
    typed_samples: Mapping[str, str] | None = None,
) -> Check:
    """Check what was typed; text that cannot be stored is checked as far as it can be."""
    known_tab = tab if tab in TABS else "preview"
    try:
        clean = border.values_from_form(values)
    except border.UnusableText as problem:
        return Check(ground, {}, known_tab, problem=str(problem))
    return Check(ground, clean, known_tab, typed_samples or {})
