"""What the page of a base's draft says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fleet.base.actions import needs_trial
from fleet.base.changes import Change, Said, changes, proposed
from fleet.base.form import MODES, TYPES, Row, Typed, typed_from, typed_of
from fleet.base.review import Flaw, flaws
from fleet.blast.actions import newest_try
from fleet.blast.models import BlastRadius
from fleet.release.models import Release, Stage
from registry import lines
from registry.actions import BaseContent, BaseDraftConflict, OpenedBase, open_base
from registry.compose import SLOT_MARKER, Composed, ComposeError, Slot, compose
from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.models import Base, BaseVersion
from registry.slots import Placement, placements

CONTEXT_LINES = 3


@dataclass
class SlotForm:
    """One slot's row of the form, with where its marker stands in the text."""

    place: int
    row: Row
    placement: Placement | None
    is_last: bool

    @property
    def summary(self) -> str:
        """Its type and limit in words, for the folded row."""
        kind = TYPES.get(self.row["type"], self.row["type"])
        limit = self.row["max_chars"].strip()
        must = ", must be filled" if self.row["required"] else ""
        return f"{kind}{f', at most {limit} characters' if limit else ''}{must}"

    @property
    def where(self) -> str:
        """Where in the text it stands, in words."""
        if self.placement is None:
            return "nowhere in the text"
        heading = f" under “{self.placement.heading}”" if self.placement.heading else ""
        return f"{self.placement.position} of {self.placement.of} in the text{heading}"


@dataclass
class BasePage:
    """The editor: what is typed, what there is against it, and what it would become."""

    base: Base
    opened: OpenedBase
    typed: Typed
    edition: int
    problems: list[str] = field(default_factory=list)
    conflict: BaseDraftConflict | None = None
    publishing: bool = False
    publish_problem: str = ""
    why: str = ""
    typed_semver: str = ""
    untried: bool = False

    @cached_property
    def content(self) -> BaseContent:
        """What is typed, as far as it can be read."""
        return self.typed.content

    @property
    def head(self) -> BaseVersion | None:
        """The current version."""
        return self.opened.head

    @cached_property
    def flaws(self) -> list[Flaw]:
        """What is not in order; figures that cannot be read come first."""
        content = self.content
        unread = [Flaw(words, blocks=True) for words in self.typed.problems]
        return [*unread, *flaws(content.text, content.slots, content.variables)]

    @property
    def blocking(self) -> int:
        """How many of the flaws stop publishing."""
        return sum(flaw.blocks for flaw in self.flaws)

    @cached_property
    def slots(self) -> list[SlotForm]:
        """The slots' rows in the form's order."""
        where = placements(self.typed.text, [Slot(row["name"].strip()) for row in self.typed.slots])
        last = len(self.typed.slots) - 1
        return [
            SlotForm(n, row, where.get(row["name"].strip()), n == last)
            for n, row in enumerate(self.typed.slots)
        ]

    @property
    def types(self) -> dict[str, str]:
        """A slot's types for the select."""
        return TYPES

    @property
    def modes(self) -> dict[str, str]:
        """What a tenant's text does to the default."""
        return MODES

    @cached_property
    def changes(self) -> list[Change]:
        """Against the current version, the farthest reaching first."""
        return changes(_said(self.head), _said(self.content))

    @property
    def semver(self) -> str:
        """What was typed as the next version, else what the changes ask for."""
        return self.typed_semver or self.proposed

    @cached_property
    def proposed(self) -> str:
        """The version that the changes ask for, or the next one that is free."""
        wanted = proposed(self.head.semver if self.head else "", self.changes)
        taken = set(self.base.versions.values_list("semver", flat=True))
        while wanted in taken:
            wanted = proposed(wanted, [Change("patch", "")])
        return wanted

    @cached_property
    def composed(self) -> Composed | None:
        """The text with every default filled in; slots that are not declared stay empty."""
        declared = {slot.name for slot in self.content.slots}
        missing = {marker[1] for marker in SLOT_MARKER.finditer(self.content.text)} - declared
        slots = [*self.content.slots, *(Slot(name) for name in sorted(missing))]
        try:
            return compose(_policy_text(self.base), self.content.text, slots, {})
        except ComposeError:
            return None

    @cached_property
    def rows(self) -> list[DiffRow]:
        """The current text beside what is typed."""
        return side_by_side(self.head.text if self.head else "", self.content.text, CONTEXT_LINES)

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @property
    def changed(self) -> bool:
        """Whether it says anything else than the current version."""
        return self.head is None or bool(self.changes)

    @cached_property
    def tried(self) -> BlastRadius | None:
        """The newest finished dry run of exactly this content."""
        return newest_try(self.base, self.content.as_document())

    @property
    def needs_trial(self) -> bool:
        """Whether there is a fleet to try it on before it is published."""
        return needs_trial(self.base)

    @cached_property
    def live(self) -> int:
        """How many variants are live on this line, on whatever version."""
        return Release.objects.filter(
            stage=Stage.LIVE, revision__base_version__base=self.base
        ).count()


def edit_page(base: Base) -> BasePage:
    """The page as it opens."""
    opened = open_base(base)
    return BasePage(base, opened, typed_of(opened.content), opened.edition)


def typed_page(base: Base, post: Mapping[str, str]) -> BasePage:
    """The page with what a browser sent. UnusableText as `border`."""
    page = BasePage(base, open_base(base), typed_from(post), posted_edition(post))
    typed = post.get("semver", "").strip()
    # What the page itself proposed is not typed: the next proposal may replace it.
    page.typed_semver = typed if typed != post.get("proposed", "") else ""
    return page


def posted_edition(post: Mapping[str, str]) -> int:
    """Which edition the form was opened with; -1, which is none, for nonsense."""
    typed = post.get("edition", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def _said(one: BaseVersion | BaseContent | None) -> Said:
    if one is None:
        return Said("", (), ())
    content = one if isinstance(one, BaseContent) else BaseContent.from_stored(one)
    return Said(content.text, content.slots, content.variables)


def said(version: BaseVersion | None) -> Said:
    """A version as far as versions are compared; nothing for None."""
    return _said(version)


def _policy_text(base: Base) -> str:
    try:
        return lines.policy_head(base.prompt).text
    except lines.MissingLayer:
        return ""


def as_lines(content: BaseContent) -> str:
    """A whole content as readable lines, so that two can be laid side by side."""
    parts = [content.text]
    for title, rows in (("Slots", content.slots), ("Variables", content.variables)):
        parts.append(f"\n--- {title}")
        for row in rows:
            told = {
                key: value for key, value in row.as_json().items() if value not in ("", None, False)
            }
            parts.extend(_told(told))
    return "\n".join(parts)


def _told(row: dict[str, Any]) -> list[str]:
    return [f"{row.pop('name', '')}:", *(f"    {key}: {value}" for key, value in row.items())]
