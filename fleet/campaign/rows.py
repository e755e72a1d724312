"""The rows of a board: one a track, with everything it says, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from evals.views.progress import done_calls
from fleet.campaign import scope
from fleet.campaign.actions import ROLLED_BACK
from fleet.campaign.asides import JUDGED, REFUSED, Asides, Yes, asides_of, in_hand
from fleet.campaign.models import Campaign, Cause, Track, TrackStage
from fleet.campaign.needs import Need
from fleet.campaign.sheet import Line, lines_of
from fleet.campaign.times import clock, day, span
from fleet.campaign.turns import Facts, Turn, turn_of
from fleet.overview.revenue import Revenue, load_revenue
from registry.models import User, Variant

NOT_SAID = Yes()


@dataclass(frozen=True)
class Row:
    """One track on the board. `share`: revenue behind it, 0 to 1 of all customers'."""

    line: Line
    turn: Turn
    facts: Facts
    yes: Yes
    revenue: Revenue
    people: tuple[tuple[int, str], ...] = ()
    owner: str = ""
    dead: int | None = None

    @property
    def name(self) -> str:
        """What the row is called: the variant."""
        return self.line.name

    @cached_property
    def customers(self) -> frozenset[int]:
        """Whose revenue hangs on it: its tenant, or all that the platform default serves."""
        if self.line.tenant_id is None:
            return self.revenue.served_by_default(self.line.prompt_id)
        return frozenset({self.line.tenant_id})

    @cached_property
    def share(self) -> float | None:
        """Its revenue as a proportion of all customers'; None while none is known."""
        return self.revenue.share(self.revenue.of(self.customers))

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
            tuple(pk for pk, _ in self.people), lacks,
        )  # fmt: skip


@dataclass(frozen=True)
class TrackRow(Row):
    """A row with the track itself, for the pages that show one."""

    track: Track = None  # type: ignore[assignment]


def tracks_of(user: User) -> QuerySet[Track]:
    """The tracks this person may see."""
    return Track.objects.filter(variant__in=Variant.objects.visible_to(user)).select_related(
        *scope.of("campaign"), "campaign__opened_by", "variant__tenant", "wave",
        "variant__prompt", "revision__model_target", "baseline__model_target", "run__verdict",
    )  # fmt: skip


def visible_tracks(campaign: Campaign, user: User) -> QuerySet[Track]:
    """The tracks of a campaign that this person may see, with nothing fetched along."""
    tracks = Track.objects.filter(campaign=campaign)
    if user.sees_own_tenants_only:
        tracks = tracks.filter(variant__in=Variant.objects.visible_to(user))
    return tracks


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
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def rows_from(lines: Sequence[Line], asides: Asides, revenue: Revenue) -> list[Row]:
    """The rows that lines and what stands beside them make."""
    now = timezone.now()
    return [_row(line, asides, revenue, now) for line in lines]


def _row(line: Line, asides: Asides, revenue: Revenue, now: dt.datetime) -> Row:
    facts = facts_of(line, asides, now)
    dead = asides.dead.get(line.pk)
    return Row(
        line, turn_of(facts), facts, asides.yes.get(line.revision_id, NOT_SAID), revenue,
        tuple(asides.owners.get(line.tenant_id or 0, ())),
        asides.people.get(line.owner_id or 0, ""), dead.pk if dead and facts.gave_up else None,
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
    facts = replace(row.facts, done_calls=calls)
    return replace(row, facts=facts, turn=turn_of(facts))


def facts_of(line: Line, asides: Asides, now: dt.datetime) -> Facts:
    """What `turn_of` has to know of one track."""
    yes = asides.yes.get(line.revision_id, NOT_SAID)
    answer = asides.answers.get(line.pk)
    paused, why = _pause(line)
    return Facts(
        stage=line.stage,
        customer=line.customer,
        days=(now - line.changed_at).days,
        verdict=line.verdict or "",
        broken=line.broken or 0,
        approved=yes.approved,
        objected=yes.objected,
        still=yes.still,
        text_is_new=line.has_own_words,
        breaks=_breaks(line, asides),
        declined_by=answer.who if answer else "",
        wants_change=answer.wants_change if answer else False,
        refusal=line.held_why or _refusal(line, asides),
        rolled_back=line.held_why.startswith(ROLLED_BACK),
        cutting_over=line.pk in asides.cutting_over,
        planned_calls=line.calls_planned or 0,
        left=_left(line),
        prepared=line.is_prepared,
        paused=paused,
        why=why or _why(line, asides),
        gave_up=_gave_up(line, asides),
        when=_when(line, now),
        share=line.share or 0.0,
        by_time=line.by_time is not False,
    )


def _pause(line: Line) -> tuple[str, str]:
    """As `pause_of` says it of a track."""
    for what, since, why in (
        ("track", line.paused_at, line.paused_why),
        ("wave", line.wave_paused_at, line.wave_paused_why),
        ("campaign", line.campaign_paused_at, line.campaign_paused_why),
    ):
        if since is not None:
            return what, why or ""
    return "", ""


def _breaks(line: Line, asides: Asides) -> str:
    told = asides.told("track.overlay_breaks", line) if line.run_id is None else None
    return told.why if told else ""


def _refusal(line: Line, asides: Asides) -> str:
    told = asides.told(REFUSED, line)
    return told.why if told and told.at > line.changed_at else ""


def _why(line: Line, asides: Asides) -> str:
    told = asides.told(f"track.{line.stage}", line)
    return told.why if told else ""


def _gave_up(line: Line, asides: Asides) -> str:
    """What the work ended with that was given up since the track last moved."""
    dead = asides.dead.get(line.pk)
    if dead is None or dead.finished_at is None or dead.finished_at < line.changed_at:
        return ""
    return dead.last_error or "No reason was kept."


def _when(line: Line, now: dt.datetime) -> str:
    """The time that the track's stage has, in words."""
    if line.stage == TrackStage.DEFERRED and line.deferred_until is not None:
        return day(line.deferred_until)
    if line.moment is None:
        return ""
    return _soak(line, now) if line.stage == TrackStage.CANARY else clock(line.moment, line.zone)


def _soak(line: Line, now: dt.datetime) -> str:
    """How long a canary's step still soaks; empty where its plan does not tell."""
    plan, step = line.plan or [], line.step or 0
    if line.moment is None or step >= len(plan):
        return ""
    left = line.moment + dt.timedelta(minutes=plan[step].get("soak_minutes", 0)) - now
    return f"for {span(left)} more" if left > dt.timedelta() else "no longer: its next step is due"


def _left(line: Line) -> str:
    """What the variant serves again after a rollback."""
    return line.old_model if line.cause == Cause.MODEL else f"the earlier {line.cause}"
