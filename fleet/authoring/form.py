"""The overlay form: one field a slot, and where its first text comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry import lines
from registry.actions import edition_of
from registry.compose import Slot
from registry.guardrails import Finding
from registry.models import (
    BaseVersion,
    ModelTarget,
    OverlayDraft,
    Revision,
    Variant,
)

PREFIX = "slot-"
"""Field names of the form are this and the slot's name: no slot can shadow another field."""


@dataclass(frozen=True)
class SlotField:
    """One slot as a form field. `gone`: the base has no such slot any more."""

    slot: Slot
    position: int
    value: str
    findings: Sequence[Finding] = ()
    gone: bool = False

    @property
    def name(self) -> str:
        """The field's name and its element's id."""
        return f"{PREFIX}{self.slot.name}"

    @property
    def label(self) -> str:
        """What stands over the field."""
        return self.slot.label or self.slot.name.replace("_", " ").capitalize()

    @property
    def rows(self) -> int:
        """Lines the field opens with, where the browser cannot fit it to its text."""
        return min(12, max(3, self.value.count("\n") + 1 + len(self.value) // 70))

    @property
    def used(self) -> int:
        """Characters (code points) typed."""
        return len(self.value.replace("\r\n", "\n"))

    @property
    def is_over(self) -> bool:
        """Whether it holds more than it may."""
        return self.slot.max_chars is not None and self.used > self.slot.max_chars


def typed_values(data: Mapping[str, str]) -> dict[str, str]:
    """Slot name -> text, as the form sent it."""
    return {key.removeprefix(PREFIX): data[key] for key in data if key.startswith(PREFIX)}


def slot_fields(
    base: BaseVersion, values: Mapping[str, str], findings: Sequence[Finding] = ()
) -> list[SlotField]:
    """The base's slots in order, then texts whose slot the base no longer has."""
    slots = base.slot_list
    names = {slot.name for slot in slots}
    gone = [Slot(name) for name, text in values.items() if name not in names and text]
    return [
        SlotField(
            slot, position, values.get(slot.name, ""),
            [finding for finding in findings if finding.slot == slot.name],
            gone=slot.name not in names,
        )
        for position, slot in enumerate([*slots, *gone], 1)
    ]  # fmt: skip


def open_draft(variant: Variant) -> OverlayDraft | None:
    """The draft of the variant's overlay, if there is one."""
    overlay = lines.overlay_line(variant)
    if overlay is None:
        return None
    return OverlayDraft.objects.filter(overlay=overlay).select_related("saved_by").first()


def opened_edition(variant: Variant, draft: OverlayDraft | None) -> int:
    """What the form holds against a lost update: which saving of the overlay it shows."""
    if draft is not None:
        return draft.edition
    overlay = lines.overlay_line(variant)
    return edition_of(overlay) if overlay is not None else 0


def first_values(draft: OverlayDraft | None, start: Revision | None) -> dict[str, str]:
    """What the form opens with: the draft, else the overlay of the revision worked from."""
    if draft is not None:
        return dict(draft.values)
    overlay = start.overlay_version if start else None
    return dict(overlay.values) if overlay else {}


def base_of(variant: Variant, target: ModelTarget) -> BaseVersion:
    """The base a new revision would stand on; MissingLayer when there is none."""
    return lines.base_head(variant, target)
