"""What a campaign cost: evals, hours, days of waiting, incidents, and where its tracks ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Sum

from fleet.campaign.models import Campaign, Track, TrackStage
from fleet.feedback.models import Feedback, FeedbackKind
from fleet.ledger import rates
from fleet.ledger.calls import NOTHING, Spent, spent_by_variant, spent_together
from fleet.ledger.campaign_runs import runs_of
from fleet.ledger.models import Effort
from fleet.ledger.waits import Waited, track_events, waited, waited_together
from registry.models import Event, User, Variant

PAGE_ROWS = 100


class TrackCost(NamedTuple):
    """One track and what it took. `back`: how often it was rolled back."""

    track: Track
    spent: Spent
    hours: Decimal
    waited: Waited
    back: int
    complaints: int

    @property
    def cost(self) -> str:
        """Hours and calls in words."""
        return rates.in_words(self.hours, self.spent.usd)


@dataclass
class CampaignLedger:
    """The page of one campaign; counts the tracks that `user` may see."""

    campaign: Campaign
    user: User
    asked: Mapping[str, str]

    @property
    def _tracks(self) -> QuerySet[Track]:
        mine = Variant.objects.visible_to(self.user)
        return Track.objects.filter(campaign=self.campaign, variant__in=mine)

    @cached_property
    def rows(self) -> list[TrackCost]:
        """Each track, the dearest first; eight queries."""
        found = self._tracks.select_related("variant__tenant", "variant__prompt")
        tracks = list(found.order_by("variant__tenant__name", "pk"))
        keys = [track.pk for track in tracks]
        spent = spent_by_variant(runs_of(self.campaign, self._tracks))
        hours = self._hours()
        begun = self.campaign.opened_at
        waits = waited(self._events(tracks), "subject_id", begun)
        back = self._rolled_back(tracks)
        complaints = self._complaints(keys)
        rows = [
            TrackCost(
                track, spent.get(track.variant_id, NOTHING), hours.get(track.pk, rates.ZERO),
                waits.get(str(track.pk), Waited()), back.get(str(track.pk), 0),
                complaints.get(track.pk, 0),
            )
            for track in tracks
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (row.hours, row.spent.usd), reverse=True)

    @cached_property
    def page(self) -> Page[TrackCost]:
        """The rows shown."""
        return Paginator(self.rows, PAGE_ROWS).get_page(self.asked.get("page"))

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        """(stage, its word, how many tracks), in the order of the way."""
        counts = Counter(row.track.stage for row in self.rows)
        return [
            (stage, label, counts[stage]) for stage, label in TrackStage.choices if counts[stage]
        ]

    @cached_property
    def spent(self) -> Spent:
        """All evals."""
        return spent_together(row.spent for row in self.rows)

    @property
    def hours(self) -> Decimal:
        """All hours noted for its tracks."""
        return sum((row.hours for row in self.rows), rates.ZERO)

    @property
    def cost(self) -> str:
        """Hours and calls in words."""
        return rates.in_words(self.hours, self.spent.usd)

    @property
    def waited(self) -> Waited:
        """All waiting for customers."""
        return waited_together(row.waited for row in self.rows)

    @property
    def back(self) -> int:
        """How often a track was rolled back."""
        return sum(row.back for row in self.rows)

    @property
    def complaints(self) -> int:
        """Complaints noted for its tracks."""
        return sum(row.complaints for row in self.rows)

    def _events(self, tracks: list[Track]) -> QuerySet[Event]:
        return track_events().filter(subject_id__in=[str(track.pk) for track in tracks])

    def _rolled_back(self, tracks: list[Track]) -> dict[str, int]:
        back = self._events(tracks).filter(verb=f"track.{TrackStage.ROLLED_BACK}").order_by()
        return dict(
            back.values("subject_id").annotate(n=Count("pk")).values_list("subject_id", "n")
        )

    def _hours(self) -> dict[UUID | None, Decimal]:
        """Track -> hours noted for it, with the minutes its feedback took."""
        noted = Effort.objects.filter(track__in=self._tracks).order_by().values("track")
        sums = noted.annotate(whole=Sum("hours")).values_list("track", "whole")
        hours: dict[UUID | None, Decimal] = dict(sums)
        said = Feedback.objects.filter(track__in=self._tracks, minutes__gt=0).order_by()
        took = said.values("track").annotate(whole=Sum("minutes")).values_list("track", "whole")
        for track, minutes in took:
            hours[track] = hours.get(track, rates.ZERO) + rates.hours_of(minutes)
        return hours

    def _complaints(self, tracks: list[UUID]) -> dict[UUID | None, int]:
        complained = Q(kind=FeedbackKind.COMPLAINT)
        found = Feedback.objects.filter(complained, track__in=tracks).order_by().values("track")
        return dict(found.annotate(n=Count("pk")).values_list("track", "n"))
