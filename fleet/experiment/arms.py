"""What a bulk act does with one variant of an experiment. Doing it twice changes nothing."""

from __future__ import annotations

from fleet.bulk.handlers import Left
from fleet.bulk.models import BulkAct, BulkRow
from fleet.experiment.actions import arm_of
from fleet.experiment.joining import who_joins
from fleet.experiment.models import Experiment, ExperimentStage
from fleet.release.actions import canary, lock, promote, stop_canary
from fleet.release.models import Release, Stage
from fleet.release.plan import Step
from registry.roles import require


def start(act: BulkAct, row: BulkRow) -> str:
    """Start the arm in this variant, if its candidate is still the one that was shown."""
    experiment = Experiment.objects.get(pk=act.about["experiment"])
    variant = lock(row.variant)
    require(act.by, "release", variant.tenant)
    if arm_of(experiment, variant) is not None:
        return "The arm runs here already."
    if experiment.stage != ExperimentStage.RUNNING:
        raise Left("The experiment was closed before its arm started here.")
    (now,) = who_joins([variant])
    if now.why_not or now.revision is None:
        raise Left(now.why_not)
    if now.revision.pk != row.goal_id and not (row.goal_id is None and "after" in act.about):
        raise Left(f"Revision {now.revision.number} was approved meanwhile. Look, then try again.")
    release = canary.begin(
        variant, now.revision, by=act.by, plan=(Step(experiment.share, 0),), experiment=experiment,
        reason=f"{experiment.name}: {experiment.question}",
    )  # fmt: skip
    return f"Revision {release.revision.number} gets {canary.percent(release.share)} of sessions."


def go_live(act: BulkAct, row: BulkRow) -> str:
    """Make the arm live for all in this variant."""
    release = _running(act, row)
    if release.stage == Stage.LIVE:
        return f"Revision {release.revision.number} is live."
    release = promote(release, by=act.by, reason=act.reason)
    return f"Revision {release.revision.number} is live. Nothing was measured."


def end(act: BulkAct, row: BulkRow) -> str:
    """Stop the arm in this variant."""
    release = _running(act, row)
    if release.stage == Stage.LIVE:
        raise Left(f"Revision {release.revision.number} is live for all by now.")
    stop_canary(release, by=act.by, reason=act.reason)
    return "Everybody gets what is live."


def _running(act: BulkAct, row: BulkRow) -> Release:
    experiment = Experiment.objects.get(pk=act.about["experiment"])
    release = arm_of(experiment, row.variant)
    if release is None or release.stage not in (Stage.CANARY, Stage.LIVE):
        raise Left("The arm does not run here any more.")
    return release
