"""The rows of a board: one a track, with everything it says, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from evals.models import Verdict, VerdictKind
from evals.views.progress import done_calls
from evals.views.sentence import sentence_of
from fleet.campaign import scope
from fleet.campaign.actions import BREAKS, CUT_OVER_KIND
from fleet.campaign.models import Campaign, Cause, SignOffDecision, Track, TrackStage
from fleet.campaign.turns import Facts, Turn, turn_of
from fleet.overview.revenue import Revenue, load_revenue
from fleet.review.queue_rows import share_of
from fleet.review.standing import Standing, standings_of
from registry.models import Event, User, Variant, WorkItem, WorkState

HEAVY = (
    *("revision__text", "revision__segments", "baseline__text", "baseline__segments"),
    *scope.of("campaign", scope.TEXTS),
)
"""Columns a board never shows."""

REFUSED = "track.cut_over_refused"


NONE_KNOWN = Revenue({}, {})


@dataclass(frozen=True)
class Row:
    """One track on the board. `share`: revenue, 0 to 1 of all customers', `customers` whose."""

    track: Track
    share: float | None
    verdict: Verdict | None
    sentence: str
    turn: Turn
    approved: bool
    moving: bool
    customers: frozenset[int] = frozenset()
    revenue: Revenue = NONE_KNOWN

    @property
    def name(self) -> str:
        """What the row is called: the variant."""
        return str(self.track.variant)

    @property
    def owners(self) -> list[User]:
        """Who looks after the customer; empty means the account is orphaned."""
        tenant = self.track.variant.tenant
        return tenant.active_owners if tenant else []

    @property
    def change(self) -> float | None:
        """New minus old pass rate, in proportion; None while unknown."""
        old = self.verdict.baseline_pass_rate if self.verdict else None
        new = self.verdict.pass_rate if self.verdict else None
        return None if old is None or new is None else new - old

    @property
    def regressed(self) -> bool:
        """Whether it got worse than it may; a no-go for an old weakness is none."""
        return self.verdict_is(VerdictKind.NO_GO) and (self.change or 0) < 0

    def verdict_is(self, kind: VerdictKind) -> bool:
        """Whether it has a verdict of this kind."""
        return self.verdict is not None and self.verdict.kind == kind


def tracks_of(user: User) -> QuerySet[Track]:
    """The tracks this person may see."""
    return Track.objects.filter(variant__in=Variant.objects.visible_to(user)).select_related(
        *scope.of("campaign"), "campaign__opened_by", "variant__tenant",
        "variant__prompt", "revision__model_target", "baseline__model_target", "run__verdict",
    )  # fmt: skip


def rows_of(campaign: Campaign, user: User) -> list[Row]:
    """Every visible track of a campaign, in no particular order."""
    mine = tracks_of(user).filter(campaign=campaign).defer(*HEAVY)
    return make_rows(mine.prefetch_related("variant__tenant__owners", "sign_offs"))


def make_rows(found: Iterable[Track]) -> list[Row]:
    """Rows of these tracks; the number of queries does not depend on how many.

    What is under way is read before the tracks: the other way round a cutover that ends in
    between would leave a row that has not moved and that nobody waits for any more.
    """
    cutting_over = _cutting_over()
    tracks = list(found)
    revenue = load_revenue()
    asides = _asides(tracks, cutting_over)
    return [
        Row(
            track, share_of(track.variant, revenue), verdict,
            sentence_of(verdict) if verdict else "",
            turn_of(_facts(track, verdict, asides)), asides.standing[track.revision_id].is_approved,
            _moves(track, asides), _customers(track.variant, revenue), revenue,
        )
        for track in tracks
        for verdict in [getattr(track.run, "verdict", None)]
    ]  # fmt: skip


@dataclass(frozen=True)
class _Asides:
    """What stands in other tables, by track or revision."""

    standing: dict[UUID, Standing]
    calls: dict[UUID, int]
    cutting_over: set[str]
    said: dict[tuple[str, str], Event]


def _cutting_over() -> set[str]:
    """Ids of the tracks whose cutover was asked for and is not through."""
    busy = WorkItem.objects.filter(
        kind=CUT_OVER_KIND, state__in=[WorkState.QUEUED, WorkState.LEASED]
    )
    return {payload["track"] for payload in busy.values_list("payload", flat=True)}


def _asides(tracks: Sequence[Track], cutting_over: set[str]) -> _Asides:
    names = [str(track.pk) for track in tracks]
    told = Event.objects.filter(
        verb__in=[REFUSED, BREAKS], subject_type="track", subject_id__in=names
    )
    said = {(event.verb, event.subject_id): event for event in told.order_by("id")}
    running = [track.run_id for track in tracks if track.stage == TrackStage.EVALUATING]
    return _Asides(
        standing=standings_of([track.revision for track in tracks]),
        calls=done_calls(pk for pk in running if pk is not None),
        cutting_over=cutting_over,
        said=said,
    )


def _facts(track: Track, verdict: Verdict | None, asides: _Asides) -> Facts:
    refusal = asides.said.get((REFUSED, str(track.pk)))
    breaks = asides.said.get((BREAKS, str(track.pk))) if track.run_id is None else None
    declined = next(iter(track.sign_offs.all()), None)
    if declined is not None and (
        declined.decision != SignOffDecision.DECLINED or declined.revision_id != track.revision_id
    ):
        declined = None
    run = track.run
    return Facts(
        stage=track.stage,
        customer=track.variant.tenant_name,
        days=(timezone.now() - track.changed_at).days,
        verdict=verdict.kind if verdict else "",
        broken=len(verdict.decision.get("broken", ())) if verdict else 0,
        approved=asides.standing[track.revision_id].is_approved,
        objected=asides.standing[track.revision_id].is_objected,
        still=asides.standing[track.revision_id].still,
        text_is_new=track.has_own_words,
        breaks=breaks.why if breaks else "",
        declined_by=declined.contact_name if declined else "",
        refusal=refusal.why if refusal and refusal.at > track.changed_at else "",
        cutting_over=str(track.pk) in asides.cutting_over,
        done_calls=asides.calls.get(run.pk, 0) if run else 0,
        planned_calls=run.calls_planned if run else 0,
        left=_left(track),
    )


def _left(track: Track) -> str:
    """What the variant serves again after a rollback."""
    cause = track.campaign.cause
    return str(track.baseline.model_target) if cause == Cause.MODEL else f"the earlier {cause}"


def _customers(variant: Variant, revenue: Revenue) -> frozenset[int]:
    """Whose revenue hangs on a variant: its tenant, or all that the platform default serves."""
    if variant.tenant_id is None:
        return revenue.served_by_default(variant.prompt_id)
    return frozenset({variant.tenant_id})


def _moves(track: Track, asides: _Asides) -> bool:
    """Whether the row changes by itself soon, so that the page asks again."""
    waits = track.stage in (TrackStage.QUEUED, TrackStage.EVALUATING)
    return waits or str(track.pk) in asides.cutting_over


def as_counts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Tracks and revenue by stage, in the order of the way; stages without a track are left out.

    A customer with several variants in a stage counts once.
    """
    found = []
    for stage in TrackStage:
        inside = [row for row in rows if row.track.stage == stage]
        if inside:
            revenue = inside[0].revenue
            customers = frozenset[int]().union(*(row.customers for row in inside))
            share = revenue.share(revenue.of(customers)) or 0
            found.append({"stage": stage, "count": len(inside), "share": share})
    return found
