"""What could be brought together for a prompt: three lists, from what its overlays say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fleet.merging.said import Line
from registry.compose import Slot
from registry.merging import Group, alike, as_text

MANY_TENANTS = 5
"""Tenants who say the same in a slot before it is offered to the base ."""

MOST_TENANTS = 0.6
"""Or this share of all the prompt's tenants, where there are fewer."""

LEAST_TENANTS = 2


@dataclass(frozen=True)
class OneTenant:
    """Lines of one tenant that say the same, or nearly."""

    tenant_name: str
    group: Group[Line]


@dataclass(frozen=True)
class ManyTenants:
    """What many tenants say in one slot, nearly or to the character.

    `silent` tenants say nothing there: they have the base's default, whatever it becomes.
    """

    slot: Slot
    group: Group[Line]
    tenants: int
    of: int
    silent: int


@dataclass(frozen=True)
class Repeats:
    """A line that says in these slots only what the base says by default."""

    line: Line
    slots: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """Everything there is to bring together."""

    one: tuple[OneTenant, ...]
    many: tuple[ManyTenants, ...]
    repeats: tuple[Repeats, ...]
    lines: int


def find(lines: Sequence[Line], slots: Mapping[str, Mapping[str, Slot]]) -> Found:
    """Compare the lines; `slots` are the base's by locale ("" for any), then by name."""
    repeats = [Repeats(line, found) for line in lines if (found := _repeated(line, slots))]
    return Found(
        tuple(_of_one_tenant(lines)), tuple(_of_many_tenants(lines, slots)), tuple(repeats),
        len(lines),
    )  # fmt: skip


def _of_one_tenant(lines: Iterable[Line]) -> list[OneTenant]:
    by_tenant: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_tenant[line.tenant].append(line)
    found = [
        OneTenant(own[0].tenant_name, group)
        for own in by_tenant.values()
        if len(own) > 1
        for group in alike((line, as_text(line.values)) for line in own)
    ]
    return sorted(found, key=lambda one: (not one.group.is_same, one.tenant_name))


def _of_many_tenants(
    lines: Sequence[Line], slots: Mapping[str, Mapping[str, Slot]]
) -> list[ManyTenants]:
    said: dict[str, list[tuple[Line, str]]] = defaultdict(list)
    for line in lines:
        repeated = _repeated(line, slots)
        for name, text in line.values.items():
            if name not in repeated:
                said[name].append((line, text))
    declared = slots.get("", {})
    everybody = len({line.tenant for line in lines})
    found = []
    for name, slot in declared.items():
        silent = everybody - len({line.tenant for line in lines if line.values.get(name)})
        for group in alike(said[name]):
            tenants = len({line.tenant for line in group.who})
            if _are_many(tenants, everybody):
                found.append(ManyTenants(slot, group, tenants, everybody, silent))
    return sorted(found, key=lambda many: -many.tenants)


def _are_many(tenants: int, everybody: int) -> bool:
    if tenants >= MANY_TENANTS:
        return True
    return tenants >= LEAST_TENANTS and tenants >= MOST_TENANTS * everybody


def _repeated(line: Line, slots: Mapping[str, Mapping[str, Slot]]) -> tuple[str, ...]:
    """Slots in which the line adds nothing to what the base says there by itself."""
    declared = slots.get(line.locale) or slots.get("", {})
    return tuple(
        name
        for name, text in line.values.items()
        if text and (slot := declared.get(name)) is not None and _adds_nothing(slot, text)
    )


def _adds_nothing(slot: Slot, text: str) -> bool:
    if slot.mode == "append":
        return f"\n{slot.default}\n".endswith(f"\n{text}\n") if slot.default else False
    return text == slot.default
