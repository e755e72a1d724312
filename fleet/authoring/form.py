"""The overlay form: one field a slot, and where its first text comes from.

Whatever its type, a slot is sent as one text under `slot-<name>`: by a text area, by the
chosen radio button, by a number's input. The editors of lists, glossaries and examples
are drawn by the browser over the text area and write into it; without JavaScript the
text area itself is filled in. `type-<name>` and `bullet-<name>` beside it say that the text
was written as its type wants when the page was made, so that what a person types loosely
(an item without its dash) is put in order here. A text that did not fit in the first place
comes without them and stays byte for byte as it is until somebody mends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from fleet.authoring.slot_field import PREFIX, SlotField, label_of
from registry import lines, slots
from registry.actions import edition_of
from registry.compose import BULLET, Slot, SlotType
from registry.guardrails import Finding
from registry.models import (
    BaseVersion,
    ModelTarget,
    OverlayDraft,
    Revision,
    Variant,
)

TYPE_PREFIX, BULLET_PREFIX = "type-", "bullet-"
"""What the form says beside a slot's text, each with the slot's name behind it."""


def typed_values(data: Mapping[str, str]) -> dict[str, str]:
    """Slot name -> text as its type writes it, from what the form sent."""
    names = [key.removeprefix(PREFIX) for key in data if key.startswith(PREFIX)]
    return {name: _typed(name, data) for name in names}


def _typed(name: str, data: Mapping[str, str]) -> str:
    text, kind = data[PREFIX + name], data.get(TYPE_PREFIX + name, "text")
    if kind == "text" or kind not in get_args(SlotType):
        return text
    bullet = data.get(BULLET_PREFIX + name, BULLET)
    slot = Slot(name, type=cast(SlotType, kind), bullet=bullet)
    return slots.tidy(slot, text.replace("\r\n", "\n"))


def slot_fields(
    base: BaseVersion, values: Mapping[str, str], findings: Sequence[Finding] = ()
) -> list[SlotField]:
    """The base's slots as they stand in its text, then texts whose slot the base has no more."""
    declared = base.slot_list
    places = slots.placements(base.text, declared)
    order = {name: place.position for name, place in places.items()}
    names = {slot.name for slot in declared}
    gone = [Slot(name) for name, text in values.items() if name not in names and text]
    declared.sort(key=lambda slot: order.get(slot.name, len(declared)))
    return [
        SlotField(
            slot, position, values.get(slot.name, ""),
            [finding for finding in findings if finding.slot == slot.name],
            slot.name not in names, *_place(slot, places, declared),
        )
        for position, slot in enumerate([*declared, *gone], 1)
    ]  # fmt: skip


def _place(
    slot: Slot, places: Mapping[str, slots.Placement], declared: Sequence[Slot]
) -> tuple[slots.Placement | None, str]:
    """Where the slot stands, and the label of the one before it."""
    place = places.get(slot.name)
    before = place.after if place else None
    label = next((label_of(one) for one in declared if one.name == before), "")
    return place, label


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
