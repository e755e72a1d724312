"""What one slot, or the whole overlay, does to a composed text: leave it out and look.

Pure: takes the layers a Revision pins, returns values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from registry.compose import Composed, Segment, Slot, compose, sha256_of
from registry.diff.words import words


class Layers(NamedTuple):
    """The texts a Revision is composed of."""

    policy_text: str
    base_text: str
    slots: Sequence[Slot]
    values: Mapping[str, str]

    def composed(self, values: Mapping[str, str] | None = None) -> Composed:
        """The whole text, with other values if given."""
        chosen = self.values if values is None else values
        return compose(self.policy_text, self.base_text, self.slots, chosen)


@dataclass(frozen=True)
class SlotSize:
    """How much of a text one slot is.

    `whose` is overlay, default or empty; `share` is of all characters, 0 to 1; `beyond` is
    how many characters the customer's words are longer than the default they stand in for.
    """

    name: str
    label: str
    whose: str
    characters: int
    words: int
    share: float
    beyond: int


def without_words(layers: Layers, slot: str) -> Composed:
    """The text without the customer's words in one slot: its default stands again."""
    return layers.composed({name: text for name, text in layers.values.items() if name != slot})


def without_slot(layers: Layers, slot: str) -> Composed:
    """The text with one slot left empty, frame and default included."""
    kept = tuple(part for part in layers.composed().segments if part.slot != slot)
    text = "".join(part.text for part in kept)
    return Composed(text, kept, sha256_of(text))


def slot_sizes(layers: Layers) -> list[SlotSize]:
    """Every slot of the base, in the order of its declaration."""
    whole = layers.composed()
    standing = _by_slot(whole.segments)
    defaults = _by_slot(layers.composed({}).segments)
    length = max(len(whole.text), 1)
    sizes = []
    for slot in layers.slots:
        parts = standing.get(slot.name, [])
        text = "".join(part.text for part in parts)
        default = sum(len(part.text) for part in defaults.get(slot.name, []))
        whose = parts[0].layer if parts else "empty"
        beyond = len(text) - default if whose == "overlay" else 0
        share = len(text) / length
        label = slot.label or slot.name
        sizes.append(SlotSize(slot.name, label, whose, len(text), len(words(text)), share, beyond))
    return sizes


def _by_slot(segments: Sequence[Segment]) -> dict[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for part in segments:
        if part.slot is not None:
            found.setdefault(part.slot, []).append(part)
    return found
