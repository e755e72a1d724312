"""The list of migrations and roll-outs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from fleet.campaign import scope
from fleet.campaign.models import SERVING, Campaign, CampaignStage, TrackStage
from fleet.campaign.pace import deadline_of
from registry.models import ModelTarget, User, Variant
from registry.request import Request

LONGEST_ID = 19
"""Digits of the largest bigint; Python itself refuses to read thousands of them."""


def campaigns_of(user: User) -> QuerySet[Campaign]:
    """Campaigns in which this person may see a track, or all for who sees all."""
    campaigns = Campaign.objects.select_related(*scope.NAMES, "opened_by").defer(*scope.TEXTS)
    if not user.sees_own_tenants_only:
        return campaigns
    return campaigns.filter(tracks__variant__in=Variant.objects.visible_to(user)).distinct()


def list_context(request: Request) -> dict[str, Any]:
    """Campaigns with how far each is, counted over the tracks the person may see."""
    user = request.user
    mine = Q(tracks__variant__in=Variant.objects.visible_to(user))
    settled = Q(tracks__stage__in=[TrackStage.EXEMPT, TrackStage.CANCELLED])
    found = campaigns_of(user).annotate(
        total=Count("tracks", filter=mine & ~settled, distinct=True),
        through=Count("tracks", filter=mine & Q(tracks__stage__in=SERVING), distinct=True),
        work=Count("tracks", filter=mine & Q(tracks__stage=TrackStage.NEEDS_WORK), distinct=True),
    )
    rows = [_dated(campaign) for campaign in found.order_by("-opened_at")]
    return {"campaigns": rows, "next_source": _next_source()}


def _dated(campaign: Campaign) -> tuple[Campaign, dt.date | None, int | None]:
    """A campaign with its deadline and the days left, negative once past; None where over."""
    deadline, today = deadline_of(campaign), timezone.localdate()
    is_open = campaign.stage in (CampaignStage.PLANNED, CampaignStage.RUNNING)
    return campaign, deadline, (deadline - today).days if deadline and is_open else None


def _next_source() -> ModelTarget | None:
    """The model in use that retires first: where a migration is likeliest to begin."""
    used = Q(revisions__releases__stage="live")
    dated = ModelTarget.objects.filter(used, retires_on__isnull=False)
    return dated.order_by(F("retires_on").asc()).first()
