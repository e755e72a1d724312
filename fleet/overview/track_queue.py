"""Which tracks of migrations need a person, for home: what single queries can tell.

The board's “needs me” asks more closely; it is a click away.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from fleet.campaign import scope
from fleet.campaign.models import CampaignStage, Cause, Track, TrackStage
from fleet.review.models import Approval, Decision, Objection, ObjectionStage
from registry.models import User, Variant

TO_APPROVE = (TrackStage.AWAITING_SIGN_OFF, TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)


def my_tracks(user: User, mine: QuerySet[Variant]) -> QuerySet[Track]:
    """Those I bring home; of my tenants, or orphaned where I steer migrations, nobody else's."""
    owned = Q(variant__tenant_id__in=user.own_tenant_ids)
    if user.has_perm("registry.run_campaign"):
        owners = User.objects.filter(is_active=True, tenants__isnull=False)
        owned |= ~Q(variant__tenant__owners__in=owners)
    stages = [TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF]
    return _named(
        Track.objects.filter(
            Q(owner=user) | Q(owner__isnull=True) & owned, variant__in=mine
        ).filter(closed_at__isnull=True, stage__in=stages)
    )


def to_approve(user: User, mine: QuerySet[Variant]) -> QuerySet[Track]:
    """A go, no words of its own, nobody has said yes or no yet, and I did not open it."""
    if not user.has_perm("registry.approve"):
        return Track.objects.none()
    same_text = Q(campaign__cause=Cause.MODEL, revision__sha256=F("baseline__sha256"))
    same_words = ~Q(campaign__cause=Cause.MODEL) & (
        Q(revision__overlay_version=F("baseline__overlay_version"))
        | Q(revision__overlay_version__isnull=True, baseline__overlay_version__isnull=True)
    )
    against = Objection.objects.filter(revision=OuterRef("revision"), stage=ObjectionStage.RAISED)
    return _named(
        _going(mine)
        .filter(same_text | same_words, stage__in=TO_APPROVE, run__verdict__kind="go")
        .exclude(campaign__opened_by=user)
        .exclude(revision__author=user)
        .filter(~Exists(Approval.objects.filter(revision=OuterRef("revision"))), ~Exists(against))
    )


def to_cut_over(user: User, mine: QuerySet[Variant]) -> QuerySet[Track]:
    """Signed, approved by somebody, without a time."""
    if not user.has_perm("registry.release"):
        return Track.objects.none()
    yes = Approval.objects.filter(revision=OuterRef("revision"), decision=Decision.APPROVE)
    return _named(_going(mine).filter(Exists(yes), stage=TrackStage.SIGNED_OFF))


def _going(mine: QuerySet[Variant]) -> QuerySet[Track]:
    """Of running migrations and roll-outs, held still by nobody."""
    wave = Q(wave__isnull=True) | Q(wave__paused_at__isnull=True)
    return Track.objects.filter(
        wave, variant__in=mine, paused_at__isnull=True, campaign__paused_at__isnull=True,
        campaign__stage=CampaignStage.RUNNING,
    )  # fmt: skip


def _named(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """With all that an entry says."""
    named = ("variant__tenant", "variant__prompt", *scope.of("campaign"))
    return tracks.select_related(*named).order_by("changed_at", "pk")
