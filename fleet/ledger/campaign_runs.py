"""Which eval runs belong to which track of a campaign.

A run knows nothing of campaigns. It is a track's when it measured what the campaign brings (a
revision of the variant on its model, base or policy) while the track was open.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from evals.models import EvalRun
from fleet.campaign.models import Campaign, Cause, Track

GOALS = {
    Cause.MODEL: ("revision__model_target", "target_id"),
    Cause.BASE: ("revision__base_version", "base_version_id"),
    Cause.POLICY: ("revision__policy_version", "policy_version_id"),
}
"""Cause -> the pin that tells a run of the campaign, and where the campaign has its goal."""


def runs_of(campaign: Campaign, tracks: QuerySet[Track]) -> QuerySet[EvalRun]:
    """The runs of these tracks, all of one campaign."""
    pin, goal = GOALS[Cause(campaign.cause)]
    mine = tracks.filter(variant=OuterRef("variant"))
    open_then = mine.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=OuterRef("started_at")))
    return EvalRun.objects.filter(
        Exists(open_then), started_at__gte=campaign.opened_at, **{pin: getattr(campaign, goal)}
    )
