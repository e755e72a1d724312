"""Plan a campaign: who goes along, how, when and in which wave; nothing moves yet.

A plan is a Campaign at stage planned with its tracks queued, so that it owns its variants. Rows
are written many at a time, with their history; a trail of one event an act.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from fleet.campaign.actions.opening import add_tracks
from fleet.campaign.actions.plan_rows import CannotPlan, planned, refuse, text_of, write
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.planning.goal import Goal, names_of, owners
from fleet.release.plan import UnfitPlan, as_json, read_plan
from registry import events
from registry.models import Tenant, User
from registry.roles import require
from registry.transitions import move

CHANGEABLE = frozenset(
    {
        "name", "target", "deadline", "min_pass_rate", "margin", "plan", "by_time", "watch_hours",
        "most_complaints",
    }
)  # fmt: skip
"""What `change_plan` takes."""

LONGEST_WATCH = 24 * 90
"""Hours: a watch over a quarter of a year is somebody's alarm clock, not a migration."""


@transaction.atomic
def plan_campaign(
    goal: Goal, *, by: User, name: str = "", variants: Collection[int] | None = None,
    deadline: dt.date | None = None,
) -> Campaign:  # fmt: skip
    """A plan with a track for each chosen variant: without a choice, all that nobody owns.

    The deadline is the old model's retirement unless one is given. Raises NotAllowed, and
    CannotPlan where nothing can move or a chosen variant is another campaign's.
    """
    require(by, "run_campaign")
    refuse(goal.problem)
    campaign = Campaign(
        cause=goal.cause, source=goal.source, target=goal.target, base_version=goal.base_version,
        policy_version=goal.policy_version, opened_by=by, stage=CampaignStage.PLANNED,
    )  # fmt: skip
    campaign.name = _name(campaign, name)
    campaign.deadline = deadline or (goal.source.retires_on if goal.source else None)
    campaign.save()
    made = _take_in(campaign, goal, variants, by)
    events.record("campaign.planned", campaign, by, tracks=made, goal=campaign.goal)
    return campaign


def _name(campaign: Campaign, typed: str) -> str:
    longest = Campaign._meta.get_field("name").max_length
    return (text_of(typed).strip() or campaign.usual_name)[:longest]


def _take_in(campaign: Campaign, goal: Goal, variants: Collection[int] | None, by: User) -> int:
    """Tracks for the variants, each with its first owner; how many. CannotPlan, CannotOpen."""
    owned = owners()
    live = list(goal.live().select_related("variant").order_by("variant_id"))
    if variants is None:
        rows = [one for one in live if one.variant_id not in owned]
    else:
        wanted = set(variants)
        rows = [one for one in live if one.variant_id in wanted]
        taken = [one.variant_id for one in rows if one.variant_id in owned]
        if taken:
            raise CannotPlan(
                f"Another open migration or roll-out owns {names_of(taken)}. Leave them out."
            )
    if not rows:
        raise CannotPlan(_nobody(campaign, owned_too=bool(live)))
    tenants = {one.variant_id: one.variant.tenant_id for one in rows}
    first_owner = _first_owners({tenant for tenant in tenants.values() if tenant})
    tracks = add_tracks(campaign, rows, by=by)
    write(tracks, "owner_id", lambda track: first_owner.get(tenants[track.variant_id] or 0), by)
    return len(tracks)


def _nobody(campaign: Campaign, *, owned_too: bool) -> str:
    if owned_too:
        return "Another open migration or roll-out owns these variants. Finish or cancel it first."
    if campaign.source is not None:
        return f"No variant is live on {campaign.source}. There is nothing to move."
    return f"None of these variants is behind {campaign.goal}. Choose others."


def _first_owners(tenants: set[int]) -> dict[int, int]:
    """Tenant -> who has been looking after it longest and still works here; one query."""
    rows = (
        Tenant.owners.through.objects.filter(tenant__in=tenants, user__is_active=True)
        .order_by("-pk")
        .values_list("tenant_id", "user_id")
    )
    return dict(rows)


@transaction.atomic
def take_in(campaign: Campaign, variants: Collection[int], *, by: User) -> int:
    """Put further variants into a plan; how many. Raises NotAllowed, CannotPlan."""
    campaign = planned(campaign, by)
    made = _take_in(campaign, Goal.of(campaign), variants, by)
    events.record("campaign.variants_taken_in", campaign, by, tracks=made)
    return made


@transaction.atomic
def take_out(campaign: Campaign, tracks: Collection[Track], *, by: User) -> int:
    """Leave variants out of a plan; they are free for another. Raises NotAllowed, CannotPlan."""
    campaign = planned(campaign, by)
    mine = campaign.tracks.filter(pk__in=[track.pk for track in tracks])
    if campaign.tracks.count() == mine.count():
        raise CannotPlan("A plan without variants is none. Discard it instead.")
    try:
        with transaction.atomic():
            count = mine.count()
            _delete(campaign, mine, by)
    except ProtectedError:
        raise CannotPlan(
            "Somebody has been written to about one of these. Start, and exempt it with a reason."
        ) from None
    events.record("campaign.variants_left_out", campaign, by, tracks=count)
    return count


@transaction.atomic
def change_plan(campaign: Campaign, *, by: User, **changes: Any) -> Campaign:
    """Change what a plan says (CHANGEABLE). Raises NotAllowed, and CannotPlan for bad values."""
    campaign = planned(campaign, by)
    assert changes.keys() <= CHANGEABLE, f"no part of a plan: {changes.keys() - CHANGEABLE}"
    if "name" in changes:
        changes["name"] = _name(campaign, changes["name"])
    if "plan" in changes:
        changes["plan"] = _steps(changes["plan"])
    for field, value in changes.items():
        setattr(campaign, field, value)
    refuse(Goal.of(campaign).problem if "target" in changes else "")
    if campaign.watch_hours is not None and campaign.watch_hours > LONGEST_WATCH:
        raise CannotPlan(f"Watch a variant for at most {LONGEST_WATCH:,} hours (90 days).")
    try:
        campaign.clean_fields(exclude=_others(changes))
    except ValidationError as wrong:
        raise CannotPlan(_in_words(wrong)) from None
    campaign.save(update_fields=list(changes))
    events.record("campaign.plan_changed", campaign, by, **_plain(changes))
    return campaign


def _steps(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A canary's steps as they are stored; none: live at once."""
    if not rows:
        return []
    try:
        return as_json(read_plan(rows))
    except UnfitPlan as why:
        raise CannotPlan(str(why)) from None


def _others(changes: Iterable[str]) -> set[str]:
    return {field.name for field in Campaign._meta.fields} - set(changes)


def _in_words(wrong: ValidationError) -> str:
    said = []
    for field, messages in wrong.message_dict.items():
        label = Campaign._meta.get_field(field).verbose_name  # type: ignore[union-attr]
        said.append(f"{str(label).capitalize()}: {' '.join(messages)}")
    return " ".join(said)


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes as an event keeps them."""
    simple = str | int | float | bool | list
    return {
        name: value if isinstance(value, simple) or value is None else str(value)
        for name, value in changes.items()
    }


@transaction.atomic
def discard(campaign: Campaign, *, by: User, why: str = "") -> Campaign:
    """Give a plan up; its variants are free for another. Raises NotAllowed, CannotPlan.

    Its tracks never began, so they go with it, many at a time, and each variant's timeline says
    so; only where somebody has been written to about one they stay, cancelled.
    """
    campaign = planned(campaign, by)
    try:
        with transaction.atomic():
            _delete(campaign, campaign.tracks.all(), by, why)
    except ProtectedError:
        pass
    for track in campaign.tracks.filter(closed_at__isnull=True).order_by("pk"):
        move(track, TrackStage.CANCELLED, by=by, why=why, closed_at=timezone.now())
    return move(campaign, CampaignStage.CANCELLED, by=by, why=why)


def _delete(campaign: Campaign, tracks: QuerySet[Track], by: User, why: str = "") -> None:
    """Let tracks go that never began; their variants keep what was meant for them."""
    going = list(tracks.select_related("variant"))
    said = {"campaign": campaign.name}
    events.record_all("track.left_out", [(track, why, said) for track in going], by)
    tracks.delete()
