"""What the page of one fork shows: its values as a form, and what composing them would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fleet.adoption.deciding import is_acceptable, values_typed
from fleet.adoption.models import ForkFile, Unforking, UnforkStage
from fleet.adoption.owners import problem_with
from fleet.adoption.proof import body_of, composed_of, template_of
from registry.compose import Slot
from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.unfork.oddities import oddities
from registry.unfork.reshape import Template, difference

CONTEXT_LINES = 3
PREFIX = "slot-"
"""Field names are this and the slot's name, as on the overlay form."""


@dataclass(frozen=True)
class ValueField:
    """One slot of the form, with this fork's words for it."""

    slot: Slot
    value: str

    @property
    def name(self) -> str:
        """The field's name and its element's id."""
        return f"{PREFIX}{self.slot.name}"

    @property
    def rows(self) -> int:
        """Lines the field opens with."""
        return min(12, max(2, self.value.count("\n") + 1 + len(self.value) // 70))


@dataclass
class ForkPage:
    """One fork, with the values typed for it or else those found."""

    file: ForkFile
    typed: Mapping[str, str] | None = None

    @property
    def unforking(self) -> Unforking:
        """The un-fork it belongs to."""
        return self.file.unforking

    @property
    def is_open(self) -> bool:
        """Whether its values can be changed."""
        return self.unforking.stage == UnforkStage.OPEN

    @cached_property
    def template(self) -> Template:
        """The base with its slots."""
        return template_of(self.unforking)

    @cached_property
    def values(self) -> dict[str, str]:
        """The values this page is about."""
        if self.typed is None:
            return dict(self.file.values)
        return values_typed(self.template, self.file, self.typed)

    @property
    def fields(self) -> list[ValueField]:
        """A field a slot, in the base's order."""
        return [ValueField(slot, self.values.get(slot.name, "")) for slot in self.template.slots]

    @cached_property
    def body(self) -> str:
        """The fork as it was handed in, without the composed policy."""
        return body_of(self.file, self.unforking)

    @cached_property
    def difference(self) -> str:
        """The first line that would differ; "" where composing gives the exact text."""
        return difference(self.template, self.values, self.body)

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The composed text against the original."""
        return side_by_side(composed_of(self.template, self.values), self.body, CONTEXT_LINES)

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @property
    def odd(self) -> tuple[str, ...]:
        """What the eye passes over in the original."""
        return oddities(self.file.text)

    @property
    def may_accept(self) -> bool:
        """Whether it could be taken over as it stands."""
        return is_acceptable(self.file)

    @property
    def owner_problem(self) -> str:
        """Why it cannot belong to anybody as it stands."""
        return "" if self.file.tenant_id else problem_with(self.file.slug)


def typed_values(data: Mapping[str, Any]) -> dict[str, str]:
    """Slot name -> text, as the form sent it."""
    return {key.removeprefix(PREFIX): data[key] for key in data if key.startswith(PREFIX)}
