"""A new judge is live: the runs that its forerunner scored are scored again, no model asked."""

from __future__ import annotations

import logging

from django.db import transaction

from evals.actions import NothingToMeasure, rescore
from evals.judges.pinning import live_judges
from evals.models import Calibration, EvalRun, RunKind, RunStage
from registry import events
from registry.models import Event, Revision, User, Variant
from registry.roles import require

log = logging.getLogger(__name__)


def scored_by_others(judge: Revision) -> list[EvalRun]:
    """The newest finished run of each variant, where another Revision of this judge scored it.

    Those are what a new run is compared with in people's minds; older ones stay as they were.
    """
    slug = judge.variant.prompt.slug
    runs = EvalRun.objects.filter(kind=RunKind.GATE, stage=RunStage.DONE, judges__has_key=slug)
    newest = runs.order_by("variant_id", "-started_at").distinct("variant_id")
    found = newest.select_related("variant__tenant", "variant__prompt", "revision", "baseline")
    return [run for run in found if run.judges[slug] != str(judge.pk)]


def counts(judge: Revision) -> bool:
    """Whether it is the live version of its judge, and calibrated: its scores gate."""
    slug = judge.variant.prompt.slug
    if live_judges([slug]).get(slug) != judge:
        return False
    newest = Calibration.objects.filter(judge=judge).order_by("-created_at").first()
    return newest is not None and newest.passed


def last_rescored(judge: Revision) -> Event | None:
    """When this version had runs scored again last; `data["runs"]` says how many."""
    told = Event.objects.filter(verb="judge.rescored", subject_id=str(judge.pk))
    return told.order_by("-at").first()


@transaction.atomic
def rescore_all(judge: Revision, *, by: User | None) -> list[EvalRun]:
    """Score those of them again that this person may; gives the new runs.

    `by` None: the product does it, for all of them; nothing is recorded where there are none.
    A run whose model or cases are gone is left as it is.
    """
    runs = scored_by_others(judge)
    if by is not None:
        require(by, "run_evals")
        reach = set(Variant.objects.visible_to(by).values_list("pk", flat=True))
        runs = [run for run in runs if run.variant_id in reach]
    begun = [new for run in runs if (new := _again(run, by)) is not None]
    if begun or by is not None:
        events.record("judge.rescored", judge, by, "", variant=judge.variant, runs=len(begun))
    return begun


def _again(run: EvalRun, by: User | None) -> EvalRun | None:
    try:
        return rescore(run, by)
    except NothingToMeasure as why:
        log.warning("Run %s is not scored again: %s", run.pk, why)
        return None
