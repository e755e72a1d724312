"""What the page that opens a migration shows."""

from __future__ import annotations

from typing import Any

from fleet.campaign.estimate import Measured, estimate_all
from fleet.campaign.forms import OpenCampaignForm
from fleet.campaign.lists import LONGEST_ID
from fleet.campaign.models import Campaign, CampaignStage, Cause
from fleet.planning.goal import Goal, candidates
from fleet.release.plan import in_words
from registry.models import ModelTarget


def context(form: OpenCampaignForm) -> dict[str, Any]:
    """The form, and what it would set going; variants of other campaigns stay with them."""
    source = _chosen(form, "source")
    if source is None:
        return {"form": form, "source": None, "estimate": None}
    target = _chosen(form, "target")
    found = candidates(Goal(Cause.MODEL, source, target))
    new = target.pk if target else None
    estimate = estimate_all(
        [
            Measured(one.prompt, one.tenant, one.size, one.model, new)
            for one in found
            if one.campaign is None
        ]
    )
    plans = Campaign.objects.filter(source=source, stage=CampaignStage.PLANNED)
    return {
        "form": form,
        "source": source,
        "estimate": estimate,
        "time": in_words(max(1, round(estimate.seconds / 60))),
        "owned": sorted({one.campaign for one in found if one.campaign is not None}),
        "owned_variants": sum(1 for one in found if one.campaign is not None),
        "plans": plans.select_related("source", "target"),
    }


def _chosen(form: OpenCampaignForm, name: str) -> ModelTarget | None:
    """The target named so far, whether or not the form is complete."""
    value = form.data.get(name) if form.is_bound else form.initial.get(name)
    text = str(value or "")
    if not (text.isascii() and text.isdecimal()) or len(text) >= LONGEST_ID:
        return None
    return ModelTarget.objects.filter(pk=int(text)).first()
