"""Groups of overlays as the page shows them, each with words for what acting on it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fleet.merging.found import ManyTenants, OneTenant
from fleet.merging.said import Line
from registry.diff import DiffRow, side_by_side
from registry.merging import Group, as_text

WORDINGS_SHOWN = 3
"""Other wordings of a group shown with their difference."""


@dataclass(frozen=True)
class OtherWording:
    """A wording beside the one most say, and how it differs."""

    text: str
    who: tuple[Line, ...]
    rows: list[DiffRow]


@dataclass(frozen=True)
class TenantShown:
    """A group of one tenant's lines, with words for what merging them does."""

    one: OneTenant
    bare: int
    prompt: str

    @property
    def group(self) -> Group[Line]:
        """The lines that are alike."""
        return self.one.group

    @property
    def key(self) -> str:
        """An id for its dialogs."""
        return f"g{self.group.who[0].overlay}"

    @property
    def fields(self) -> list[tuple[str, object]]:
        """The lines and the one most say, as a form names them."""
        lines: list[tuple[str, object]] = [("lines", line.overlay) for line in self.group.who]
        like = self.group.wordings[0].who[0].version
        return [("prompt", self.prompt), ("version", like), *lines]

    @property
    def written(self) -> list[Line]:
        """Lines somebody is writing: nothing can be merged before that is over."""
        return [line for line in self.group.who if line.is_written]

    @property
    def others(self) -> list[OtherWording]:
        """Other wordings with their difference to the most said one."""
        return list(_others(self.group))

    @property
    def confirm(self) -> str:
        """What merging will do, with names."""
        places = "; ".join(line.place for line in self.group.who if not line.is_shared)
        bare = (
            f" {self.bare} more variant{'s' if self.bare > 1 else ''} without an overlay of "
            "their own would take it with their next revision."
            if self.bare else ""
        )  # fmt: skip
        return (
            f"{self.one.tenant_name} goes on with one shared overlay for any locale and lane, in "
            f"place of {places}. They say the same to the character, so nothing that is served "
            f"changes: every variant keeps the revision it has.{bare}"
        )

    @property
    def confirm_draft(self) -> str:
        """What making them the same will do, with names."""
        first = self.group.wordings[0]
        places = "; ".join(
            line.place for wording in self.group.wordings[1:] for line in wording.who
        )
        return (
            f"A draft with the text of {first.who[0].place} is opened for {places}. Nothing is "
            "served by it: each variant is submitted and reviewed by itself. Once all say the "
            "same, they can be merged."
        )


@dataclass(frozen=True)
class ManyShown:
    """What many tenants say in a slot, with words for what putting it into the base does."""

    many: ManyTenants
    prompt: str

    @property
    def key(self) -> str:
        """An id for its dialogs."""
        return f"s{self.many.group.who[0].version}-{self.many.slot.name}"

    @property
    def fields(self) -> list[tuple[str, object]]:
        """The slot and the version whose words are taken."""
        like = self.many.group.who[0].version
        return [("prompt", self.prompt), ("slot", self.many.slot.name), ("version", like)]

    @property
    def names(self) -> list[str]:
        """Who says so."""
        return sorted({line.tenant_name for line in self.many.group.who})

    @property
    def others(self) -> list[OtherWording]:
        """Other wordings with their difference to the most said one."""
        return list(_others(self.many.group, self.many.slot.name))

    @property
    def confirm(self) -> str:
        """What it will do, with numbers."""
        label = self.many.slot.label or self.many.slot.name
        return (
            f"The draft of the base gets this text as the default of {label}. Nothing is "
            f"published or served by it.{self._silent} Before it is published the base's page "
            f"shows every variant it would change; the overlays of these {self.many.tenants} "
            "tenants then only repeat the base and can be cleared here."
        )

    @property
    def _silent(self) -> str:
        """Whom it would reach besides, in words."""
        silent = self.many.silent
        if not silent:
            return ""
        who = "1 tenant says" if silent == 1 else f"{silent} tenants say"
        return f" {who} nothing there and would get this text with a later version of the base."


def _others(group: Group[Line], slot: str = "") -> Iterator[OtherWording]:
    first = _spoken(group.wordings[0].who[0], slot)
    for wording in group.wordings[1 : WORDINGS_SHOWN + 1]:
        text = _spoken(wording.who[0], slot)
        yield OtherWording(text, wording.who, side_by_side(first, text, 2))


def _spoken(line: Line, slot: str) -> str:
    return line.values[slot] if slot else as_text(line.values)
