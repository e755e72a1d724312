"""Roll a published base or policy version out: chosen variants, each on a track of its own."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from fleet.campaign.actions.opening import CannotOpen, add_tracks, start_campaign
from fleet.campaign.models import Campaign, CampaignStage, Cause
from fleet.campaign.reach import is_current, releases_behind
from registry.models import BaseVersion, PolicyVersion, User
from registry.roles import require


@transaction.atomic
def open_rollout(
    version: BaseVersion | PolicyVersion, variants: Collection[int], *, name: str, by: User
) -> Campaign:
    """Make one Track for each chosen variant that is behind `version`, and begin at once.

    Workers make each a Revision with the new layer, the variant's own overlay and its own
    model, and evaluate it. Where the overlay breaks under the new layer the track needs work,
    with the findings, and the others go on. CannotOpen when the version is not the current
    one, or nothing that was chosen can move.
    """
    require(by, "run_campaign")
    if not is_current(version):
        raise CannotOpen(f"{version} is not the current version any more. Roll out the newest.")
    live = list(releases_behind(version).filter(variant__in=list(variants)))
    if not live:
        raise CannotOpen(f"None of these variants is behind {version}. Choose others.")
    campaign = _campaign(version, name, by)
    add_tracks(campaign, live, by=by)
    return start_campaign(campaign, by=by)


def _campaign(version: BaseVersion | PolicyVersion, name: str, by: User) -> Campaign:
    campaign = Campaign(opened_by=by, stage=CampaignStage.PLANNED)
    if isinstance(version, BaseVersion):
        campaign.cause, campaign.base_version = Cause.BASE, version
    else:
        campaign.cause, campaign.policy_version = Cause.POLICY, version
    longest = Campaign._meta.get_field("name").max_length
    campaign.name = (name.strip() or campaign.usual_name)[:longest]
    campaign.save()
    return campaign
