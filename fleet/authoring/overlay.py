"""The overlay form as a page: fields left, what they amount to right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from evals.views.cases import Shown
from evals.views.sentence import sentence_of
from fleet.authoring.check import Check, checked
from fleet.authoring.earlier import saves_of
from fleet.authoring.form import (
    SlotField,
    first_values,
    open_draft,
    opened_edition,
    slot_fields,
)
from fleet.authoring.ground import Ground, ground_of
from fleet.authoring.repair import broken_cases
from fleet.campaign.models import Track
from registry.models import ModelTarget, OverlayDraft, Revision, Variant

ON_DRAFT = "draft"
"""What the form says it was opened on, unless it is a revision's id."""


@dataclass
class OverlayPage:
    """One state of the form; `check.values` are what was typed, or what it opens with.

    `edition` and `opened_on` tell a later save what this form began with; `only` names the
    one slot that is in sight, "" for all.
    """

    ground: Ground
    draft: OverlayDraft | None
    edition: int
    opened_on: str
    fields: list[SlotField]
    check: Check
    only: str = ""
    rationale: str = ""
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def variant(self) -> Variant:
        """Whose overlay it is."""
        return self.ground.variant

    @property
    def live(self) -> Revision | None:
        """What takes traffic now."""
        return self.ground.live

    @property
    def track(self) -> Track | None:
        """The migration that waits for this overlay to be mended."""
        return self.ground.track

    @property
    def target(self) -> ModelTarget:
        """The model a submitted text is made for."""
        return self.ground.target

    @property
    def marks_json(self) -> str:
        """The findings for the page's script, which marks them in the text."""
        return json.dumps(self.check.marks)

    @property
    def step(self) -> tuple[SlotField | None, SlotField | None]:
        """The slots before and after the one in sight."""
        names = [field.slot.name for field in self.fields]
        at = names.index(self.only) if self.only else 0
        before = self.fields[at - 1] if at else None
        return before, self.fields[at + 1] if at + 1 < len(names) else None

    @cached_property
    def has_earlier(self) -> bool:
        """Whether anything was ever saved as a draft."""
        return saves_of(self.variant).exists()

    @cached_property
    def broken(self) -> list[Shown]:
        """Cases that broke on the migration's model."""
        return broken_cases(self.track) if self.track else []

    @property
    def verdict(self) -> str:
        """What the migration's eval run amounts to, in a sentence."""
        verdict = getattr(self.track.run, "verdict", None) if self.track else None
        return sentence_of(verdict) if verdict else ""

    @property
    def starts_from_review(self) -> bool:
        """Whether the form shows the text that is under review."""
        return self.ground.track is None and self.ground.review is not None and self.draft is None


def opened_page(variant: Variant, tab: str, only: str = "") -> OverlayPage:
    """The form as it opens. MissingLayer where there can be none."""
    ground = ground_of(variant)
    draft = open_draft(variant)
    opened_on = ON_DRAFT if draft else str(ground.start.pk)
    values = first_values(draft, ground.start)
    edition = opened_edition(variant, draft)
    return _page(ground, draft, values, tab, edition, opened_on, only, {})


def typed_page(variant: Variant, typed: Mapping[str, str], values: dict[str, str]) -> OverlayPage:
    """The form with `values` in its slots; `typed` is all that was posted. Without the draft."""
    return _page(
        ground_of(variant), None, values, typed.get("tab", ""), posted_edition(typed),
        typed.get("opened_on", ""), typed.get("slot", ""), typed,
    )  # fmt: skip


def posted_edition(typed: Mapping[str, str]) -> int:
    """The draft's edition the form was opened with; 0 for none and for nonsense."""
    asked = typed.get("edition", "")
    return int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 10 else 0


def opened_revision(variant: Variant, opened_on: str) -> Revision | None:
    """The revision a form without a draft began with; None where it began with a draft."""
    try:
        asked = UUID(opened_on)
    except ValueError:
        return None
    return variant.revisions.select_related("overlay_version").filter(pk=asked).first()


def _page(
    ground: Ground,
    draft: OverlayDraft | None,
    values: Mapping[str, str],
    tab: str,
    edition: int,
    opened_on: str,
    only: str,
    typed: Mapping[str, str],
) -> OverlayPage:
    check = checked(ground, values, tab, typed)
    fields = slot_fields(ground.base, values, check.findings)
    known = only if any(field.slot.name == only for field in fields) else ""
    return OverlayPage(ground, draft, edition, opened_on, fields, check, known)
