"""Which tracks of migrations need a person, for home: what single queries can tell.

The board's “needs me” asks more closely; it is a click away.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from fleet.campaign import scope
from fleet.campaign.models import Campaign, CampaignStage, Cause, Track, TrackStage
from fleet.review.models import Approval, Decision, Objection, ObjectionStage
from registry.models import User, Variant

TO_APPROVE = (TrackStage.AWAITING_SIGN_OFF, TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)


class Waiting(NamedTuple):
    """A track that waits, and its variant and campaign: what is named of them is read later, for
    those that are shown."""

    track: UUID
    stage: str
    variant: int
    campaign: UUID


Found = QuerySet[Track, tuple[UUID, str, int, UUID]]


def within_reach(user: User) -> Q:
    """What hangs on a variant that the person may see."""
    limited = user.sees_own_tenants_only
    return Q(variant__tenant_id__in=user.own_tenant_ids) if limited else Q()


def my_tracks(user: User) -> Found:
    """Those I bring home; of my tenants, or orphaned where I steer migrations, nobody else's."""
    owned = Q(variant__tenant_id__in=user.own_tenant_ids)
    if user.has_perm("registry.run_campaign"):
        owners = User.objects.filter(is_active=True, tenants__isnull=False)
        owned |= ~Q(variant__tenant__owners__in=owners)
    stages = [TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF]
    return _waiting(
        Track.objects.filter(Q(owner=user) | Q(owner__isnull=True) & owned, within_reach(user))
        .filter(closed_at__isnull=True, stage__in=stages)
    )  # fmt: skip


def to_approve(user: User) -> Found:
    """A go, no words of its own, nobody has said yes or no yet, and I did not open it."""
    if not user.has_perm("registry.approve"):
        return _waiting(Track.objects.none())
    same_text = Q(campaign__cause=Cause.MODEL, revision__sha256=F("baseline__sha256"))
    same_words = ~Q(campaign__cause=Cause.MODEL) & (
        Q(revision__overlay_version=F("baseline__overlay_version"))
        | Q(revision__overlay_version__isnull=True, baseline__overlay_version__isnull=True)
    )
    against = Objection.objects.filter(revision=OuterRef("revision"), stage=ObjectionStage.RAISED)
    return _waiting(
        _going(user)
        .filter(same_text | same_words, stage__in=TO_APPROVE, run__verdict__kind="go")
        .exclude(campaign__opened_by=user)
        .exclude(revision__author=user)
        .filter(~Exists(Approval.objects.filter(revision=OuterRef("revision"))), ~Exists(against))
    )


def to_cut_over(user: User) -> Found:
    """Signed, approved by somebody, without a time."""
    if not user.has_perm("registry.release"):
        return _waiting(Track.objects.none())
    yes = Approval.objects.filter(revision=OuterRef("revision"), decision=Decision.APPROVE)
    return _waiting(_going(user).filter(Exists(yes), stage=TrackStage.SIGNED_OFF))


def _going(user: User) -> QuerySet[Track]:
    """Of running migrations and roll-outs, held still by nobody."""
    wave = Q(wave__isnull=True) | Q(wave__paused_at__isnull=True)
    return Track.objects.filter(
        wave, within_reach(user), paused_at__isnull=True, campaign__paused_at__isnull=True,
        campaign__stage=CampaignStage.RUNNING,
    )  # fmt: skip


def _waiting(tracks: QuerySet[Track]) -> Found:
    """The one that stands longest first."""
    return tracks.order_by("changed_at", "pk").values_list("pk", "stage", "variant", "campaign")


def names_of(shown: Collection[Waiting]) -> tuple[dict[int, str], dict[UUID, Campaign]]:
    """Variant -> what it is called, and the campaigns; two queries, none for nothing."""
    named = Variant.objects.select_related("tenant", "prompt")
    variants = named.in_bulk({one.variant for one in shown}) if shown else {}
    under_way = Campaign.objects.select_related(*scope.NAMES).defer(*scope.TEXTS)
    campaigns = under_way.in_bulk({one.campaign for one in shown}) if shown else {}
    return {pk: str(variant) for pk, variant in variants.items()}, campaigns
