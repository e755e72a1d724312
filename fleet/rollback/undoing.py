"""Undo a whole migration, policy or base as one act; each variant goes back alone."""

from __future__ import annotations

from fleet.bulk.actions import start
from fleet.bulk.handlers import Left
from fleet.bulk.models import BulkAct, BulkRow
from fleet.campaign.actions import roll_back_variant
from fleet.campaign.models import Campaign
from fleet.release.actions import lock
from fleet.release.models import Release, Stage
from fleet.release.revoked import name_of, pin_of
from fleet.rollback.plan import Layer, Plan
from registry.models import Revision, User

CAMPAIGN_KIND = "roll_back_campaign"
LAYER_KIND = "roll_back_layer"


def undo_campaign(campaign: Campaign, plan: Plan, *, by: User, reason: str) -> BulkAct:
    """Take back every cutover of the plan. Raises CannotStart, NotAllowed."""
    title = f"Roll back {campaign.name}"[:TITLE]
    return start(CAMPAIGN_KIND, title, {"campaign": str(campaign.pk)}, reason, plan.rows, by)


def undo_layer(version: Layer, plan: Plan, *, by: User, reason: str) -> BulkAct:
    """Take every variant of the plan off this version. Raises CannotStart, NotAllowed."""
    title = f"Roll back {name_of(version)}"[:TITLE]
    return start(LAYER_KIND, title, {pin_of(version): version.pk}, reason, plan.rows, by)


TITLE = 200
"""Characters of a title."""


def take_back(act: BulkAct, row: BulkRow) -> str:
    """One variant of a campaign: back to what it served before its cutover."""
    lock(row.variant)
    track = row.variant.tracks.filter(campaign=act.about["campaign"]).first()
    if track is None or not track.is_serving:
        raise Left("It is not cut over any more.")
    return _go_back(act, row)


def take_off(act: BulkAct, row: BulkRow) -> str:
    """One variant of a policy or base: off that version, unless it is off by now."""
    lock(row.variant)
    live = Release.objects.filter(variant=row.variant, stage=Stage.LIVE)
    pins = {f"revision__{pin}": pk for pin, pk in act.about.items() if pin in PINS}
    if not live.filter(**pins).exists():
        raise Left("What is live stands on another version by now.")
    return _go_back(act, row)


PINS = ("policy_version", "base_version")


def _go_back(act: BulkAct, row: BulkRow) -> str:
    goal: Revision | None = row.goal
    release = roll_back_variant(row.variant, by=act.by, reason=act.reason, to=goal)
    return f"Serves revision {release.revision.number} again."
