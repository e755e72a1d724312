"""Where a rollback of one track leads: what served before, unless its model is gone for good."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.release.earlier import fit_revisions
from fleet.release.models import Release, Stage
from registry.days import day
from registry.models import Lane, Revision, Variant


@dataclass(frozen=True)
class WayOut:
    """`goal`: what would serve again, None where nothing may; `why` it is not the baseline.

    `lane`: the variant's fallback lane, where it is live and the last way.
    """

    goal: Revision | None
    why: str = ""
    lane: Variant | None = None


def way_out(track: Track) -> WayOut:
    """The baseline while its model answers; else the newest Revision on one that does.

    What may serve without a gate is what was live once, approved or adopted and not revoked.
    """
    gone = track.baseline.model_target
    ended = gone.retires_on
    if ended is None or ended >= timezone.localdate():
        return WayOut(track.baseline)
    retired = f"{gone} was retired on {day(ended)}: nothing answers there any more."
    living = fit_revisions(track.variant).filter(_answers(""))
    serving = Release.objects.filter(variant=track.variant, stage=Stage.LIVE).values("revision")
    goal = living.exclude(pk__in=serving).select_related("model_target").first()
    if goal is not None:
        return WayOut(goal, f"{retired} Revision {goal.number} on {goal.model_target} is taken.")
    lane = fallback_lane(track.variant)
    if lane is None:
        left = "Mend the overlay and publish a new revision, or withdraw the variant."
        return WayOut(None, f"{retired} {left}")
    left = (
        f"Its fallback lane is live on {lane.revision.model_target}: route its callers there, and "
        "publish a new revision meanwhile."
    )
    return WayOut(None, f"{retired} {left}", lane.variant)


def fallback_lane(variant: Variant) -> Release | None:
    """What the variant's fallback lane is live with, on a model that answers; None without one."""
    lane = Release.objects.filter(
        stage=Stage.LIVE, variant__prompt=variant.prompt_id, variant__tenant=variant.tenant_id,
        variant__locale=variant.locale, variant__lane=Lane.FALLBACK,
    )  # fmt: skip
    known = lane.exclude(variant=variant).select_related("revision__model_target", "variant")
    return known.filter(_answers()).first()


def _answers(of: str = "revision__") -> Q:
    """Whether the model that something stands on answers today."""
    ends = f"{of}model_target__retires_on"
    return Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gte": timezone.localdate()})
