"""The rows of a board: one a track, with everything it says, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from evals.views.progress import done_calls
from fleet.campaign import scope
from fleet.campaign.asides import JUDGED, Asides, Yes, asides_of, in_hand
from fleet.campaign.facts import facts_of
from fleet.campaign.models import Campaign, Track, TrackStage
from fleet.campaign.needs import Need
from fleet.campaign.sheet import Line, lines_of
from fleet.campaign.turns import Facts, Turn, turn_of
from fleet.overview.revenue import Revenue, load_revenue
from registry.models import User
from registry.reach import within_reach


@dataclass(slots=True, eq=False)
class Row:
    """One track on the board; not to be changed, though to have that enforced takes five times
    as long for thousands of them.

    `name`: what it is called, the variant. `share`: revenue behind it, 0 to 1 of all customers',
    None while none is known: that of its tenant, or of all that the platform default serves.
    """

    line: Line
    turn: Turn
    facts: Facts
    yes: Yes
    revenue: Revenue
    name: str
    share: float | None
    people: tuple[tuple[int, str], ...] = ()
    owner: str = ""
    dead: int | None = None

    @property
    def sentence(self) -> str:
        """The verdict's headline without its leading word, which the page says in colour."""
        head, colon, rest = (self.line.headline or "").partition(": ")
        said_already = colon and head in ("Go", "No-go", "Inconclusive")
        return rest[:1].upper() + rest[1:] if said_already else self.line.headline or ""

    @property
    def owners(self) -> list[str]:
        """Who brings it home: one person, else the account's owners; empty when orphaned."""
        return [self.owner] if self.owner else [name for _, name in self.people]

    @property
    def owner_ids(self) -> set[int]:
        """Their primary keys."""
        if self.line.owner_id is not None:
            return {self.line.owner_id}
        return {pk for pk, _ in self.people}

    @property
    def moving(self) -> bool:
        """Whether the row changes by itself soon."""
        waits = self.line.stage in (TrackStage.QUEUED, TrackStage.EVALUATING, TrackStage.CUT_OVER)
        return waits or self.facts.cutting_over

    @property
    def approved(self) -> bool:
        """Whether enough of us said yes and nobody objects."""
        return self.yes.approved

    @property
    def need(self) -> Need:
        """What `needs` asks."""
        line = self.line
        lacks = line.stage in JUDGED and not self.yes.approved and not self.yes.objected
        return Need(
            self.turn.asks, line.tenant_id, line.revision_id, line.opened_by, line.owner_id,
            [pk for pk, _ in self.people], lacks,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class TrackRow(Row):
    """A row with the track itself, for the pages that show one."""

    track: Track = None  # type: ignore[assignment]


def tracks_of(user: User) -> QuerySet[Track]:
    """The tracks this person may see."""
    return Track.objects.filter(within_reach(user)).select_related(
        *scope.of("campaign"), "campaign__opened_by", "variant__tenant", "wave",
        "variant__prompt", "revision__model_target", "baseline__model_target", "run__verdict",
    )  # fmt: skip


def visible_tracks(campaign: Campaign, user: User) -> QuerySet[Track]:
    """The tracks of a campaign that this person may see, with nothing fetched along."""
    return Track.objects.filter(within_reach(user), campaign=campaign)


def rows_of(campaign: Campaign, user: User) -> list[Row]:
    """Every visible track of a campaign, in no particular order, without the calls done."""
    busy = in_hand()
    tracks = visible_tracks(campaign, user)
    lines = lines_of(tracks)
    return rows_from(lines, asides_of(tracks, lines, busy), load_revenue())


def make_rows(found: Iterable[Track]) -> list[TrackRow]:
    """Rows of these tracks, with the calls done so far; the queries do not grow with them."""
    busy = in_hand()
    tracks = {track.pk: track for track in found}
    same = Track.objects.filter(pk__in=tracks)
    lines = lines_of(same)
    rows = counted(rows_from(lines, asides_of(same, lines, busy), load_revenue()))
    return [TrackRow(**vars_of(row), track=tracks[row.line.pk]) for row in rows]


def vars_of(row: Row) -> dict[str, Any]:
    """The fields of a row by name."""
    return {field.name: getattr(row, field.name) for field in fields(Row)}


def rows_from(lines: Sequence[Line], asides: Asides, revenue: Revenue) -> list[Row]:
    """The rows that lines and what stands beside them make."""
    now = timezone.now()
    shares = Shares(revenue)
    return [_row(line, asides, shares, now) for line in lines]


class Shares(dict[tuple[int | None, int], float | None]):
    """(tenant, prompt) -> its share of all revenue, worked out when first asked for."""

    def __init__(self, revenue: Revenue) -> None:
        super().__init__()
        self.revenue = revenue

    def __missing__(self, key: tuple[int | None, int]) -> float | None:
        tenant, prompt = key
        if tenant is None:
            amount = self.revenue.of(self.revenue.served_by_default(prompt))
        else:
            amount = self.revenue.by_tenant[tenant]
        share = self[key] = self.revenue.share(amount)
        return share


def _row(line: Line, asides: Asides, shares: Shares, now: dt.datetime) -> Row:
    facts = facts_of(line, asides, now)
    dead = asides.dead.get(line.pk) if facts.gave_up else None
    return Row(
        line, turn_of(facts), facts, asides.yes_of(line), shares.revenue, line.name,
        shares[line.tenant_id, line.prompt_id], asides.owners.get(line.tenant_id or 0, ()),
        asides.people.get(line.owner_id or 0, ""), dead.pk if dead else None,
    )  # fmt: skip


def counted(rows: Sequence[Row]) -> list[Row]:
    """The same rows, with the calls done by those that are being evaluated; one query."""
    running: list[UUID] = [
        row.line.run_id for row in rows
        if row.line.stage == TrackStage.EVALUATING and row.line.run_id is not None
    ]  # fmt: skip
    done = done_calls(running)
    return [_with_calls(row, done) for row in rows]


def _with_calls(row: Row, done: dict[UUID, int]) -> Row:
    calls = done.get(row.line.run_id) if row.line.run_id is not None else None
    if not calls:
        return row
    facts = row.facts._replace(done_calls=calls)
    return replace(row, facts=facts, turn=turn_of(facts))
