"""What changed under an overlay since its live revision was frozen, and what that asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.authoring.ground import Ground
from registry.compose import Slot
from registry.models import BaseVersion, PolicyVersion


@dataclass(frozen=True)
class Moved:
    """The newer base and policy, None where it is the one that is live; slots by their labels."""

    base: BaseVersion | None
    policy: PolicyVersion | None
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.base is not None or self.policy is not None


def moved(ground: Ground, values: Mapping[str, str]) -> Moved:
    """What a submit now would bring in besides the overlay's own words."""
    live = ground.live
    if live is None:
        return Moved(None, None)
    policy = ground.policy if ground.policy.pk != live.policy_version_id else None
    if ground.base.pk == live.base_version_id:
        return Moved(None, policy)
    return Moved(
        ground.base, policy, *slot_moves(live.base_version.slot_list, ground.base.slot_list, values)
    )


def slot_moves(
    old: list[Slot], new: list[Slot], values: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Slots this overlay fills that are gone; new ones; required ones it leaves empty; and
    those whose default, which it relies on, reads differently now."""
    was, now = {slot.name: slot for slot in old}, {slot.name: slot for slot in new}
    gone = [slot for name, slot in was.items() if name not in now and values.get(name)]
    fresh = [slot for name, slot in now.items() if name not in was]
    missing = [slot for name, slot in now.items() if slot.required and not values.get(name)]
    defaults = [
        slot for name, slot in now.items()
        if name in was and was[name].default != slot.default
        and (not values.get(name) or slot.mode == "append")
    ]  # fmt: skip
    return _labels(gone), _labels(fresh), _labels(missing), _labels(defaults)


def _labels(slots: list[Slot]) -> tuple[str, ...]:
    return tuple(slot.label or slot.name for slot in slots)
