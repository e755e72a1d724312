"""What waiting costs, model by model, from what the campaigns measured so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from fleet.campaign.forecast import WINDOW
from fleet.campaign.lists import campaigns_of
from fleet.campaign.models import SERVING, Campaign, CampaignStage, Cause, Track
from fleet.ledger.calls import run_costs
from fleet.ledger.campaign_runs import runs_of
from fleet.ledger.waiting import Facts, Measured, Waiting, waiting
from fleet.ledger.waits import track_events, waited
from fleet.overview.revenue import load_revenue
from fleet.overview.targets import TargetLine, target_lines
from registry.models import User, Variant

SECONDS_A_WEEK = 7 * 86_400

CAMPAIGNS_LOOKED_AT = 10
"""The newest campaigns that a pace is measured on; older ones say little of today's."""


@dataclass(frozen=True)
class WaitingLine:
    """One model that ends, and what waiting costs there.

    `open_tracks` of its campaigns; `elsewhere`: the pace is that of other campaigns, because
    none of this model's has cut anything over.
    """

    line: TargetLine
    facts: Facts
    found: Waiting
    campaigns: list[Campaign]
    elsewhere: bool

    @property
    def without_campaign(self) -> int:
        """Variants that nobody has put into a campaign."""
        return max(0, self.facts.left - self.facts.open_tracks)


def waiting_lines(user: User) -> list[WaitingLine]:
    """Every model in use that has an end, or whose end is not known; the first to end on top."""
    campaigns = list(
        campaigns_of(user)
        .filter(cause=Cause.MODEL)
        .exclude(stage__in=[CampaignStage.PLANNED])
        .order_by("-opened_at")[:CAMPAIGNS_LOOKED_AT]
    )
    each = {campaign.pk: _measured(campaign, user) for campaign in campaigns}
    open_tracks = _open_tracks(campaigns, user)
    found = []
    for line in target_lines(user, load_revenue()):
        if not line.variants:
            continue
        own = [campaign for campaign in campaigns if campaign.source_id == line.target.pk]
        measured = together(each[campaign.pk] for campaign in own)
        elsewhere = not measured.cut_over
        if elsewhere:
            measured = together(each.values())
        tracks = sum(open_tracks.get(campaign.pk, 0) for campaign in own)
        facts = Facts(line.days, line.variants, float(line.revenue), tracks, measured)
        elsewhere = elsewhere and bool(measured.cut_over)
        found.append(WaitingLine(line, facts, waiting(facts), own, elsewhere))
    return found


def together(measured: Iterable[Measured]) -> Measured:
    """Several campaigns' figures added up."""
    whole = Measured()
    for one in measured:
        whole = Measured(
            max(whole.days, one.days), whole.cut_over + one.cut_over,
            whole.track_weeks + one.track_weeks, whole.again_usd + one.again_usd,
            whole.sign_off_days + one.sign_off_days,
        )  # fmt: skip
    return whole


def _tracks(campaign: Campaign, user: User) -> QuerySet[Track]:
    return Track.objects.filter(campaign=campaign, variant__in=Variant.objects.visible_to(user))


def _open_tracks(campaigns: list[Campaign], user: User) -> dict[object, int]:
    """Campaign -> tracks that have not been cut over yet."""
    mine = Variant.objects.visible_to(user)
    waiting_ones = Track.objects.filter(
        campaign__in=campaigns, variant__in=mine, closed_at__isnull=True
    ).exclude(stage__in=SERVING)
    found: dict[object, int] = {}
    for campaign in waiting_ones.order_by().values_list("campaign_id", flat=True):
        found[campaign] = found.get(campaign, 0) + 1
    return found


def _measured(campaign: Campaign, user: User) -> Measured:
    """What one campaign shows so far; four queries."""
    rows = _tracks(campaign, user).values_list("pk", "stage", "closed_at", "cut_over_at")
    tracks = list(rows)
    now, begun = timezone.now(), campaign.started_at or campaign.opened_at
    ends = [closed or now for _, _, closed, _ in tracks]
    events = track_events().filter(subject_id__in=[str(pk) for pk, *_ in tracks])
    days, cut_over = _pace(campaign, [at for _, stage, _, at in tracks if at and stage in SERVING])
    return Measured(
        days=days,
        cut_over=cut_over,
        track_weeks=sum(_weeks(end - begun) for end in ends),
        again_usd=_again(campaign, user),
        sign_off_days=sum(one.days for one in waited(events, "subject_id", begun).values()),
    )


def _pace(campaign: Campaign, times: list[dt.datetime]) -> tuple[int, int]:
    """The last days of running that the board's pace counts, and cutovers on them.

    Of a campaign that is over they end with its last cutover: how long ago that was says nothing.
    """
    days = [timezone.localtime(at).date() for at in times]
    running = campaign.stage == CampaignStage.RUNNING
    last = timezone.localdate() if running or not days else max(days)
    started = timezone.localtime(campaign.started_at or campaign.opened_at).date()
    counted = min(WINDOW, (last - started).days + 1)
    return counted, sum((last - day).days < counted for day in days)


def _again(campaign: Campaign, user: User) -> float:
    """What the runs beyond each track's first cost, in USD."""
    seen: set[int] = set()
    whole = 0.0
    for run in run_costs(runs_of(campaign, _tracks(campaign, user))):
        if run.variant_id in seen:
            whole += float(run.spent.usd)
        seen.add(run.variant_id)
    return whole


def _weeks(time: dt.timedelta) -> float:
    return max(0.0, time.total_seconds() / SECONDS_A_WEEK)
