"""Start, promote or end one named arm over many variants: each is done alone, as a bulk act."""

from __future__ import annotations

import math

from django.db import transaction
from django.utils import timezone

from fleet.bulk.actions import CannotStart
from fleet.bulk.actions import start as start_bulk
from fleet.bulk.models import BulkAct
from fleet.experiment.joining import variants_of, who_joins
from fleet.experiment.models import Experiment, ExperimentStage
from fleet.release.models import Release, Stage
from fleet.release.plan import LEAST_SHARE, MOST_SHARE
from fleet.review.actions.errors import AlreadyDecided
from registry import border, events
from registry.models import Prompt, User, Variant
from registry.roles import require
from registry.transitions import move

START, PROMOTE, END = "start_experiment", "promote_arm", "end_experiment"
"""Kinds of the bulk acts."""


@transaction.atomic
def start_experiment(
    *, name: str, arm: str, question: str, prompt: Prompt, segment: str, share: float, by: User
) -> tuple[Experiment, BulkAct]:
    """Give a named arm its share in every variant of the segment that has a fit candidate.

    The other variants stand in the bulk act too, each left with its reason. Raises CannotStart
    where a name is missing, the share is out of bounds or nobody would join; NotAllowed.
    """
    require(by, "release")
    name, arm, question = (_said(text, what) for text, what in (
        (name, "a name"), (arm, "a name for the arm"), (question, "the question it answers"),
    ))  # fmt: skip
    if not math.isfinite(share) or not LEAST_SHARE <= share <= MOST_SHARE:
        raise CannotStart("The arm's share has to be between 1 % and 50 % of sessions.")
    found = who_joins(list(variants_of(prompt, segment, by)))
    if not any(one.joins for one in found):
        raise CannotStart(
            "No variant would join: none has an approved revision newer than what is live."
        )
    experiment = Experiment.objects.create(
        name=name, arm=arm, question=question, prompt=prompt, segment=segment,
        share=round(share, 4), opened_by=by,
    )  # fmt: skip
    events.record(
        "experiment.started", experiment, by, question, arm=arm, share=experiment.share,
        variants=sum(one.joins for one in found),
    )  # fmt: skip
    act = start_bulk(
        START, f"Start {name}", {"experiment": str(experiment.pk)}, question,
        [(one.variant, one.revision) for one in found], by,
    )  # fmt: skip
    return experiment, act


@transaction.atomic
def promote_arm(experiment: Experiment, *, by: User, reason: str) -> BulkAct:
    """Make the arm live for all in every variant it runs in. CannotStart, AlreadyDecided."""
    return _close(experiment, ExperimentStage.PROMOTED, PROMOTE, "Make the arm live", by, reason)


@transaction.atomic
def end_experiment(experiment: Experiment, *, by: User, reason: str) -> BulkAct:
    """Stop the arm in every variant it runs in: control stays. CannotStart, AlreadyDecided."""
    return _close(experiment, ExperimentStage.ENDED, END, "End", by, reason)


def _close(
    experiment: Experiment, stage: ExperimentStage, kind: str, words: str, by: User, reason: str
) -> BulkAct:
    border.check(reason)
    require(by, "release")
    experiment = Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    if experiment.stage != ExperimentStage.RUNNING:
        raise AlreadyDecided(f"This experiment is closed: {experiment.get_stage_display()}.")
    arms = Release.objects.filter(experiment=experiment, stage=Stage.CANARY)
    rows = [(arm.variant, arm.revision) for arm in arms.select_related(
        "variant__tenant", "variant__prompt", "revision"
    ).order_by("variant_id")]  # fmt: skip
    move(experiment, stage, by=by, why=reason, closed_at=timezone.now())
    return start_bulk(
        kind, f"{words}: {experiment.name}", {"experiment": str(experiment.pk)}, reason, rows, by
    )


def _said(text: str, what: str) -> str:
    border.check(text)
    if not text.strip():
        raise CannotStart(f"Give it {what}.")
    return text.strip()


def arm_of(experiment: Experiment, variant: Variant) -> Release | None:
    """The arm's release in one variant, newest first, in whatever stage."""
    found = Release.objects.filter(experiment=experiment, variant=variant)
    return found.select_related("variant", "revision").order_by("-released_at").first()
