"""What broke in a variant's migration: the cases, with the old and the new answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from evals.models import Arm, Case, CaseResult, Outcome
from fleet.campaign.actions import open_track
from fleet.campaign.models import Track, TrackStage
from registry.models import Variant

SHOWN = 12
"""Broken cases shown beside the form; the run's page has them all."""


@dataclass(frozen=True)
class BrokenCase:
    """A case that passed on the old model and fails on the new one."""

    case: Case
    old: CaseResult | None
    new: CaseResult | None

    @property
    def why(self) -> list[str]:
        """What the new answer misses, in the scorers' words."""
        details = self.new.details if self.new else []
        return [str(row.get("detail", "")) for row in details if row.get("value", 0) < 0.5]


def track_to_repair(variant: Variant) -> Track | None:
    """The migration track that waits for this overlay to be mended, if any."""
    track = open_track(variant)
    return track if track is not None and track.stage == TrackStage.NEEDS_WORK else None


def broken_cases(track: Track) -> list[BrokenCase]:
    """The broken cases of the track's last verdict, at most SHOWN of them."""
    if track.run is None or not hasattr(track.run, "verdict"):
        return []
    keys = list(track.run.verdict.decision.get("broken", []))[:SHOWN]
    results = (
        CaseResult.objects.filter(run=track.run, case__key__in=keys, outcome=Outcome.ANSWERED)
        .select_related("case")
        .order_by("-repeat", "pk")
    )
    by_case: dict[str, dict[str, CaseResult]] = defaultdict(dict)
    for result in results:
        by_case[result.case.key][result.arm] = result
    return [
        BrokenCase(
            next(iter(arms.values())).case, arms.get(Arm.BASELINE), arms.get(Arm.CANDIDATE)
        )
        for arms in (by_case[key] for key in keys if key in by_case)
    ]  # fmt: skip
