"""How much of each limit a text takes. Pure but for the vocabularies of `registry.tokens`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry import tokens
from registry.compose import Slot


@dataclass(frozen=True)
class Meter:
    """`used` of `limit` (None: no limit is known), in `unit`: tokens or characters."""

    label: str
    used: int
    limit: int | None
    unit: str = "tokens"
    is_estimate: bool = False
    slot: str = ""

    @property
    def is_over(self) -> bool:
        """Whether more is used than may be."""
        return self.limit is not None and self.used > self.limit

    @property
    def share(self) -> float | None:
        """Part of the limit that is used, 0 to 1 and beyond."""
        return self.used / self.limit if self.limit else None


def slot_meters(slots: Sequence[Slot], values: Mapping[str, str], snapshot: str) -> list[Meter]:
    """Tokens of each slot that has a limit of its own."""
    return [
        _tokens(slot.label or slot.name, values.get(slot.name, ""), slot.max_tokens, snapshot,
                slot.name)
        for slot in slots if slot.max_tokens
    ]  # fmt: skip


def whole_meters(
    values: Mapping[str, str],
    composed: str,
    limits: Mapping[str, Any],
    snapshot: str,
    window: int | None,
) -> list[Meter]:
    """The overlay against the policy's limits, and the prompt against those and the model's.

    `limits` are the policy's (`overlay_chars`, `overlay_tokens`, `prompt_tokens`), `window`
    is the model's context window in tokens.
    """
    own = "\n".join(values.values())
    found = []
    if limits.get("overlay_chars"):
        used = sum(map(len, values.values()))
        found.append(Meter("This overlay", used, int(limits["overlay_chars"]), "characters"))
    if limits.get("overlay_tokens"):
        found.append(_tokens("This overlay", own, int(limits["overlay_tokens"]), snapshot))
    if limits.get("prompt_tokens"):
        found.append(_tokens("Whole prompt", composed, int(limits["prompt_tokens"]), snapshot))
    found.append(_tokens("Of the model's context", composed, window, snapshot))
    return found


def _tokens(label: str, text: str, limit: int | None, snapshot: str, slot: str = "") -> Meter:
    counted = tokens.count(text, snapshot)
    return Meter(label, counted.number, limit, "tokens", counted.is_estimate, slot)
