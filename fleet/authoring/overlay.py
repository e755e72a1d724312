"""The overlay form as a page: fields left, what they amount to right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evals.views.cases import Shown
from evals.views.sentence import sentence_of
from fleet.authoring.check import Check, checked
from fleet.authoring.form import (
    SlotField,
    base_of,
    first_values,
    open_draft,
    opened_edition,
    slot_fields,
)
from fleet.authoring.repair import broken_cases, track_to_repair
from fleet.campaign.models import Track
from fleet.release.page import live_release
from registry.diff import DiffRow, side_by_side
from registry.lines import MissingLayer
from registry.models import ModelTarget, OverlayDraft, Revision, Variant


@dataclass(frozen=True)
class Conflict:
    """Somebody saved first: their draft, and how ours differs from it."""

    theirs: OverlayDraft
    rows: list[DiffRow]


@dataclass
class OverlayPage:
    """One state of the form; `values` are what was typed, or what it opens with."""

    variant: Variant
    draft: OverlayDraft | None
    live: Revision | None
    track: Track | None
    target: ModelTarget
    values: dict[str, str]
    edition: int
    fields: list[SlotField]
    check: Check
    rationale: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    conflict: Conflict | None = None

    @cached_property
    def broken(self) -> list[Shown]:
        """Cases that broke on the migration's model."""
        return broken_cases(self.track) if self.track else []

    @property
    def verdict(self) -> str:
        """What the migration's eval run amounts to, in a sentence."""
        verdict = getattr(self.track.run, "verdict", None) if self.track else None
        return sentence_of(verdict) if verdict else ""


def overlay_page(
    variant: Variant, tab: str, typed: Mapping[str, str] | None = None, edition: int | None = None
) -> OverlayPage:
    """The form for this variant, filled with `typed` or with what there is.

    MissingLayer when nothing is live and so no model is known, or there is no base.
    """
    release = live_release(variant)
    live = release.revision if release else None
    track = track_to_repair(variant)
    start = track.revision if track else live
    if start is None:
        raise MissingLayer("Nothing is live for this variant yet, so there is nothing to edit.")
    target = track.revision.model_target if track else start.model_target
    draft = open_draft(variant)
    values = dict(typed) if typed is not None else first_values(draft, start)
    base = base_of(variant, target)
    check = checked(variant, base, target, values, live, tab)
    return OverlayPage(
        variant, draft, live, track, target, values,
        edition if edition is not None else opened_edition(variant, draft),
        slot_fields(base, values, check.findings), check,
    )  # fmt: skip


def conflict_with(theirs: OverlayDraft, page: OverlayPage) -> Conflict:
    """Their draft beside what was typed here, slot by slot."""
    labels = {field.slot.name: field.label for field in page.fields}
    return Conflict(
        theirs, side_by_side(_as_text(theirs.values, labels), _as_text(page.check.values, labels))
    )


def _as_text(values: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    order = [*labels, *(name for name in values if name not in labels)]
    filled = [name for name in order if values.get(name)]
    return "\n\n".join(f"{labels.get(name, name)}:\n{values[name]}" for name in filled)
