"""Where a rollback of one track leads: what served before, unless its model is gone for good."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.release.earlier import fit_revisions
from fleet.release.models import Release, Stage
from registry.days import day
from registry.models import Lane, ModelTarget, Revision, Variant


@dataclass(frozen=True)
class WayOut:
    """`goal`: what would serve again, None where nothing may; `why` it is not the baseline."""

    goal: Revision | None
    why: str = ""


def way_out(track: Track) -> WayOut:
    """The baseline while its model answers; else the newest Revision on one that does.

    What may serve without a gate is what was live once, approved or adopted and not revoked.
    """
    gone = track.baseline.model_target
    left = gone.days_left()
    if left is None or left >= 0:
        return WayOut(track.baseline)
    retired = f"{gone} was retired on {day(gone.retires_on)}: nothing answers there any more."
    living = fit_revisions(track.variant).filter(
        Q(model_target__retires_on__isnull=True)
        | Q(model_target__retires_on__gte=timezone.localdate())
    )
    serving = Release.objects.filter(variant=track.variant, stage=Stage.LIVE).values("revision")
    goal = living.exclude(pk__in=serving).select_related("model_target").first()
    if goal is not None:
        return WayOut(goal, f"{retired} Revision {goal.number} on {goal.model_target} is taken.")
    return WayOut(None, f"{retired} {_otherwise(track.variant)}")


def _otherwise(variant: Variant) -> str:
    """What is left to do where no earlier Revision may serve."""
    fallback = fallback_target(variant)
    if fallback is None:
        return "Mend the overlay and publish a new revision, or withdraw the variant."
    return (
        f"Its fallback lane is live on {fallback}: route its callers there, and publish a new "
        "revision meanwhile."
    )


def fallback_target(variant: Variant) -> ModelTarget | None:
    """The model that the variant's fallback lane is live on; None where it has none."""
    lane = Release.objects.filter(
        stage=Stage.LIVE, variant__prompt=variant.prompt_id, variant__tenant=variant.tenant_id,
        variant__locale=variant.locale, variant__lane=Lane.FALLBACK,
    ).select_related("revision__model_target")  # fmt: skip
    release = lane.first()
    return release.revision.model_target if release is not None else None
