"""What the pages of an un-fork show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from fleet.adoption.deciding import is_acceptable
from fleet.adoption.models import ForkChoice, ForkFile, Unforking, UnforkStage
from fleet.adoption.proof import template_of
from fleet.adoption.rows import BLOCKING, ForkLine, Piece, SlotLine
from fleet.authoring.timeline import Entry, entry
from registry.compose import SLOT_MARKER
from registry.models import Event
from registry.unfork.oddities import oddities

PAGE_ROWS = 100
EVENTS_SHOWN = 12

SHOWS: dict[str, tuple[str, Q]] = {
    "exact": ("Exact", Q(is_exact=True)),
    "differs": ("Would differ", Q(is_exact=False)),
    "blocked": ("The policy would block", Q(findings__contains=[{"severity": BLOCKING}])),
    "accept": ("To be taken over", Q(choice=ForkChoice.ACCEPT)),
    "leave": ("Left as they are", Q(choice=ForkChoice.LEAVE)),
    "undecided": ("Not decided", Q(choice=ForkChoice.UNDECIDED)),
}
"""Filter -> (label, which forks)."""


@dataclass
class UnforkPage:
    """One un-fork. Reads what a template asks for, once."""

    unforking: Unforking
    show: str = ""
    q: str = ""
    number: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether decisions can be made."""
        return self.unforking.stage == UnforkStage.OPEN

    @property
    def is_moving(self) -> bool:
        """Whether a worker has it in hand."""
        return self.unforking.stage in (UnforkStage.READING, UnforkStage.ADOPTING)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many forks of each kind, all of them counted."""
        found = {name: Count("pk", filter=which) for name, (_, which) in SHOWS.items()}
        more = {
            "total": Count("pk"),
            "adopted": Count("pk", filter=Q(outcome__startswith="adopted")),
            "unchanged": Count("pk", filter=Q(outcome__startswith="unchanged")),
            "ready": Count("pk", filter=Q(choice=ForkChoice.UNDECIDED, is_exact=True)
                & ~Q(tenant__isnull=True, slug="")),
            "new_tenants": Count("slug", filter=Q(
                tenant__isnull=True, choice=ForkChoice.ACCEPT), distinct=True),
        }  # fmt: skip
        return self.unforking.files.aggregate(**found, **more)

    @cached_property
    def page(self) -> Page[ForkFile]:
        """The rows of this page: forks in need of a look first."""
        files: QuerySet[ForkFile] = self.unforking.files.select_related("tenant", "variant")
        if self.show in SHOWS:
            files = files.filter(SHOWS[self.show][1])
        if self.q:
            files = files.filter(Q(name__icontains=self.q) | Q(tenant__name__icontains=self.q))
        return Paginator(files.order_by("is_exact", "name"), PAGE_ROWS).get_page(self.number)

    @property
    def shown(self) -> str:
        """How many of the forks the filters leave."""
        return f"{self.page.paginator.count} of {self.counts['total']}"

    @cached_property
    def rows(self) -> list[ForkLine]:
        """One line a fork; oddities are told where the base has them not."""
        usual = set(oddities(self.unforking.base_text))
        return [
            ForkLine(file, tuple(one for one in oddities(file.text) if one not in usual))
            for file in self.page
        ]

    @cached_property
    def pieces(self) -> list[Piece]:
        """The base in its order, slots between its own text."""
        template = template_of(self.unforking)
        slots = {slot.name: slot for slot in template.slots}
        parts = SLOT_MARKER.split(template.text)
        found = []
        for number, part in enumerate(parts):
            if number % 2:
                slot = slots[part]
                found.append(Piece(slot.default, slot))
            elif part:
                found.append(Piece(part))
        return found

    @cached_property
    def slots(self) -> list[SlotLine]:
        """The proposed slots, each with how many forks fill it."""
        slots = self.unforking.slot_list
        counts = {
            f"slot_{number}": Count("pk", filter=Q(values__has_key=slot.name))
            for number, slot in enumerate(slots)
        }
        used = self.unforking.files.aggregate(**counts) if counts else {}
        return [SlotLine(slot, used[f"slot_{n}"]) for n, slot in enumerate(slots)]

    @cached_property
    def filters(self) -> list[dict[str, Any]]:
        """The filter bar's one choice."""
        options = [(name, label) for name, (label, _) in SHOWS.items()]
        return [{"name": "show", "label": "Show", "value": self.show, "options": options}]

    @cached_property
    def events(self) -> list[Entry]:
        """What was done to this un-fork, newest first."""
        found = Event.objects.filter(subject_type="unforking", subject_id=str(self.unforking.pk))
        return [entry(event) for event in found.select_related("actor")[:EVENTS_SHOWN]]

    @property
    def confirm(self) -> str:
        """What taking over will do, with its numbers."""
        counts, own = self.counts, self.unforking
        taken, total = counts["accept"], counts["total"]
        fresh = counts["new_tenants"]
        parts = [
            f"{_forks(taken)} of {total} become{'s' if taken == 1 else ''} live as base and "
            f"overlay of {own.prompt_slug} on {own.target}, adopted without evidence.",
            f"{_tenants(fresh)} made." if fresh else "",
            f"{total - taken} stay as they are: nothing is changed or served for them."
            if total > taken else "",
            "This cannot be undone: afterwards each can be edited or withdrawn, one by one.",
        ]  # fmt: skip
        return " ".join(filter(None, parts))


def unforkings() -> QuerySet[Unforking]:
    """Every un-fork with how many forks it has and took over, newest first."""
    return Unforking.objects.select_related("target", "opened_by").annotate(
        forks=Count("files"),
        adopted=Count("files", filter=Q(files__outcome__startswith="adopted")),
        exact=Count("files", filter=Q(files__is_exact=True)),
    )


def acceptable(files: Sequence[ForkFile]) -> list[int]:
    """Ids of those that can be taken over as they stand."""
    return [file.pk for file in files if is_acceptable(file)]


def _forks(count: int) -> str:
    return f"{count} fork{'' if count == 1 else 's'}"


def _tenants(count: int) -> str:
    return f"{count} new tenant{' is' if count == 1 else 's are'}"
