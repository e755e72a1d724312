"""What every act on a plan checks first, and how many tracks are written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.utils import timezone

from fleet.campaign.actions.opening import CannotOpen
from fleet.campaign.models import Campaign, CampaignStage, Track
from fleet.planning.goal import names_of
from registry import border, events
from registry.models import User
from registry.roles import require

BATCH = 1_000
"""Rows of one statement."""


class CannotPlan(CannotOpen):
    """The plan does not allow that; the message says why and what to do."""


def text_of(typed: str) -> str:
    """What a person typed, or CannotPlan for what no column can hold."""
    try:
        return border.from_form(typed)
    except border.UnusableText as why:
        raise CannotPlan(str(why)) from None


def refuse(problem: str) -> None:
    """Raise CannotPlan with these words, where there are any."""
    if problem:
        raise CannotPlan(problem)


def planned(campaign: Campaign, by: User) -> Campaign:
    """The campaign under lock; CannotPlan once it is no plan any more."""
    locked = unfinished(campaign, by)
    if locked.stage != CampaignStage.PLANNED:
        raise CannotPlan(
            f"This {locked.word} is “{locked.get_stage_display()}”: it is no plan any more. "
            "Reload the page."
        )
    return locked


def unfinished(campaign: Campaign, by: User) -> Campaign:
    """The campaign under lock, planned or running."""
    require(by, "run_campaign")
    locked = (
        Campaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related("source", "target", "base_version__base", "policy_version__policy")
        .get(pk=campaign.pk)
    )
    if locked.stage not in (CampaignStage.PLANNED, CampaignStage.RUNNING):
        raise CannotPlan(f"This {locked.word} is “{locked.get_stage_display()}” by now.")
    return locked


def open_rows(
    campaign: Campaign, tracks: Collection[Track], stages: Sequence[str], by: User, late: str
) -> list[Track]:
    """The open tracks under lock; CannotPlan where one is past `stages`."""
    unfinished(campaign, by)
    wanted = [track.pk for track in tracks]
    rows = list(
        campaign.tracks.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=wanted, closed_at__isnull=True)
        .select_related("variant")
        .order_by("pk")
    )
    if not rows:
        raise CannotPlan("No variant was chosen. Tick the rows first.")
    past = [track.variant_id for track in rows if track.stage not in stages]
    if past:
        raise CannotPlan(f"{late}: {names_of(past)}.")
    return rows


def write(rows: Sequence[Track], field: str, value: Callable[[Track], Any], by: User) -> None:
    """Set one field of many tracks, where it changes, with history: a statement a value.

    `field` is a column (`wave_id`), so that nothing is fetched for a comparison.
    """
    now = timezone.now()
    by_value: dict[Any, list[Track]] = defaultdict(list)
    for track in rows:
        wanted = value(track)
        if getattr(track, field) != wanted:
            setattr(track, field, wanted)
            track.changed_at = now
            by_value[wanted].append(track)
    for wanted, tracks in by_value.items():
        same = Track.objects.filter(pk__in=[track.pk for track in tracks])
        same.update(**{field: wanted, "changed_at": now})
        Track.history.bulk_history_create(tracks, batch_size=BATCH, update=True, default_user=by)


def tell(
    campaign: Campaign, rows: Sequence[Track], deed: str, by: User, why: str = "", **data: Any
) -> None:
    """One event on the campaign; once it runs, one on each track's timeline as well."""
    events.record(f"campaign.{deed}", campaign, by, why, tracks=len(rows), **data)
    if campaign.stage == CampaignStage.RUNNING:
        events.record_all(f"track.{deed}", [(track, why, data) for track in rows], by)
