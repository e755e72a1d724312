"""The three texts of each slot, the merge, and what the guardrails say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.review.models import Review
from fleet.review.rebasing import RebaseGround, rebase_ground
from fleet.review.three_way import SlotRebase
from registry import checks
from registry.border import UnusableText, values_from_form
from registry.diff import DiffRow, side_by_side
from registry.guardrails import Finding
from registry.lines import MissingLayer

PREFIX = "slot-"


@dataclass(frozen=True)
class Field:
    """One slot on the page: its three texts, and what comes out."""

    slot: SlotRebase
    text: str
    gone: bool

    @property
    def rows_mine(self) -> list[DiffRow]:
        """What the review made of it."""
        return side_by_side(self.slot.was, self.slot.mine)

    @property
    def rows_now(self) -> list[DiffRow]:
        """What what is live made of it."""
        return side_by_side(self.slot.was, self.slot.now)

    @property
    def rows_default(self) -> list[DiffRow]:
        """How the base's own text for it changed; empty where it did not."""
        if self.slot.default_was == self.slot.default_now:
            return []
        return side_by_side(self.slot.default_was, self.slot.default_now)

    @property
    def size(self) -> int:
        """Rows of the field: the text's lines, and room for one more."""
        return min(16, max(3, self.text.count("\n") + 2 + len(self.text) // 90))


def context(
    review: Review, values: Mapping[str, str] | None = None, rationale: str | None = None
) -> dict[str, Any]:
    """The page; `values` and `rationale` are what was typed before."""
    try:
        ground = rebase_ground(review)
    except MissingLayer as missing:
        return {"review": review, "missing": str(missing)}
    fields = [_field(slot, values) for slot in ground.slots]
    return {
        "review": review,
        "ground": ground,
        "moved": _moved_words(ground),
        "fields": [field for field in fields if not field.slot.is_untouched],
        "same": [field for field in fields if field.slot.is_untouched],
        "conflicts": len(ground.conflicts),
        "findings": _findings(ground, {field.slot.name: field.text for field in fields}),
        "rationale": review.rationale if rationale is None else rationale,
    }


def typed(posted: Mapping[str, str]) -> dict[str, str]:
    """Slot -> what was posted for it."""
    return {
        key.removeprefix(PREFIX): text for key, text in posted.items() if key.startswith(PREFIX)
    }


def _field(slot: SlotRebase, values: Mapping[str, str] | None) -> Field:
    merged = slot.mine if slot.proposal is None else slot.proposal
    text = merged if values is None else values.get(slot.name, "")
    return Field(
        slot, "" if slot.conflict == "gone" and values is None else text, slot.conflict == "gone"
    )


def _moved_words(ground: RebaseGround) -> list[str]:
    """What moved on since the review's text was frozen."""
    revision, live = ground.review.revision, ground.live
    words = {
        "policy": f"Policy: version {revision.policy_version.number} → {ground.policy.number}",
        "base": f"Base text: {revision.base_version.semver} → {ground.base.semver}",
        "model": f"Model: {revision.model_target} → {ground.target}",
        "live": f"Live: revision {revision.parent.number if revision.parent else '–'} → "
        f"{live.number if live else '–'}",
    }
    return [words[name] for name in ground.moved]


def _findings(ground: RebaseGround, values: Mapping[str, str]) -> list[Finding]:
    try:
        clean = values_from_form(values)
    except UnusableText:
        return []
    return checks.lint_values(
        ground.review.variant, clean, base=ground.base, target=ground.target, policy=ground.policy
    )
