"""Somebody saved first: what was, theirs and ours, and the choice between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.authoring.earlier import saves_of, values_at
from fleet.authoring.form import typed_values
from fleet.authoring.ground import ground_of
from fleet.authoring.merge import SlotMerge, merge
from fleet.authoring.overlay import opened_revision, posted_edition
from registry import border
from registry.compose import Slot
from registry.models import OverlayDraft, Variant


@dataclass
class ConflictPage:
    """The merge view. `edition` is theirs: what comes out is saved over exactly that."""

    variant: Variant
    who: str
    by_id: int | None
    edition: int
    slots: list[SlotMerge]
    rationale: str = ""
    problem: str = ""

    @property
    def conflicts(self) -> int:
        """Slots that both changed."""
        return sum(slot.is_conflict for slot in self.slots)

    @property
    def one_sided(self) -> int:
        """Slots that one side changed: the choice is made already."""
        return sum(not slot.is_same and not slot.is_conflict for slot in self.slots)


def conflict_page(
    variant: Variant, theirs: OverlayDraft, posted: Mapping[str, str]
) -> ConflictPage:
    """The merge view of a form that was refused; `theirs` is what stands in its way."""
    opened = opened_revision(variant, posted.get("opened_on", ""))
    was = values_at(variant, posted_edition(posted), opened)
    mine = border.values_from_form(typed_values(posted))
    return _page(variant, theirs, was, mine, posted)


def again(
    variant: Variant, theirs: OverlayDraft, mine: Mapping[str, str], posted: Mapping[str, str]
) -> ConflictPage:
    """The merge view once more: somebody saved while the first merge was being decided."""
    was = values_at(variant, posted_edition(posted), None)
    return _page(variant, theirs, was, mine, posted)


def undecided(variant: Variant, slots: list[SlotMerge], posted: Mapping[str, str]) -> ConflictPage:
    """The merge view with the choices made so far."""
    edition = posted_edition(posted)
    saved = saves_of(variant).filter(edition=edition).select_related("saved_by").first()
    who = saved.saved_by.display_name if saved and saved.saved_by else "Somebody"
    by_id = saved.saved_by_id if saved else None
    return ConflictPage(variant, who, by_id, edition, slots, posted.get("rationale", ""))


def decided(variant: Variant, posted: Mapping[str, str]) -> list[SlotMerge]:
    """The merge as it was posted: three texts a slot and the choices."""
    was, theirs, mine, takes, edited = (
        _texts(posted, prefix) for prefix in ("was-", "theirs-", "mine-", "take-", "edit-")
    )
    return merge(_slots(variant), was, theirs, mine, takes, edited)


def _texts(posted: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Slot name -> what was posted under this prefix; an emptied text is a choice too."""
    return {
        key.removeprefix(prefix): border.from_form(posted[key])
        for key in posted
        if key.startswith(prefix)
    }


def _slots(variant: Variant) -> list[Slot]:
    return ground_of(variant).base.slot_list


def _page(
    variant: Variant,
    theirs: OverlayDraft,
    was: Mapping[str, str],
    mine: Mapping[str, str],
    posted: Mapping[str, str],
) -> ConflictPage:
    slots = merge(_slots(variant), was, theirs.values, mine)
    return ConflictPage(
        variant, theirs.saved_by.display_name, theirs.saved_by_id, theirs.edition, slots,
        posted.get("rationale", ""),
    )  # fmt: skip
