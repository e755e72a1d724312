"""The list of migrations and roll-outs, and the page that opens a migration."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest

from fleet.campaign import scope
from fleet.campaign.estimate import estimate
from fleet.campaign.forms import OpenCampaignForm
from fleet.campaign.models import SERVING, Campaign, TrackStage
from registry.models import ModelTarget, User, Variant

LONGEST_ID = 19
"""Digits of the largest bigint; Python itself refuses to read thousands of them."""


def campaigns_of(user: User) -> QuerySet[Campaign]:
    """Campaigns in which this person may see a track, or all for who sees all."""
    campaigns = Campaign.objects.select_related(*scope.NAMES, "opened_by").defer(*scope.TEXTS)
    if not user.sees_own_tenants_only:
        return campaigns
    return campaigns.filter(tracks__variant__in=Variant.objects.visible_to(user)).distinct()


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Campaigns with how far each is, counted over the tracks the person may see."""
    user: User = request.user  # type: ignore[assignment]
    mine = Q(tracks__variant__in=Variant.objects.visible_to(user))
    found = campaigns_of(user).annotate(
        total=Count("tracks", filter=mine, distinct=True),
        through=Count("tracks", filter=mine & Q(tracks__stage__in=SERVING), distinct=True),
        work=Count("tracks", filter=mine & Q(tracks__stage=TrackStage.NEEDS_WORK), distinct=True),
    )
    return {"campaigns": found.order_by("-opened_at"), "next_source": _next_source()}


def _next_source() -> ModelTarget | None:
    """The model in use that retires first: where a migration is likeliest to begin."""
    used = Q(revisions__releases__stage="live")
    dated = ModelTarget.objects.filter(used, retires_on__isnull=False)
    return dated.order_by(F("retires_on").asc()).first()


def open_context(form: OpenCampaignForm) -> dict[str, Any]:
    """The form, and what it would set going."""
    source = _chosen(form, "source")
    return {
        "form": form,
        "source": source,
        "estimate": estimate(source, _chosen(form, "target")) if source is not None else None,
    }


def _chosen(form: OpenCampaignForm, name: str) -> ModelTarget | None:
    """The target named so far, whether or not the form is complete."""
    value = form.data.get(name) if form.is_bound else form.initial.get(name)
    text = str(value or "")
    if not text.isdecimal() or len(text) > LONGEST_ID:
        return None
    return ModelTarget.objects.filter(pk=int(text)).first()
