"""A new judge is live: the runs that its forerunner scored are scored again, no model asked."""

from __future__ import annotations

from django.db import transaction

from evals.actions import rescore
from evals.models import EvalRun, RunKind, RunStage
from registry import events
from registry.models import Revision, User, Variant
from registry.roles import require


def scored_by_others(judge: Revision) -> list[EvalRun]:
    """The newest finished run of each variant, where another Revision of this judge scored it.

    Those are what a new run is compared with in people's minds; older ones stay as they were.
    """
    slug = judge.variant.prompt.slug
    runs = EvalRun.objects.filter(kind=RunKind.GATE, stage=RunStage.DONE, judges__has_key=slug)
    newest = runs.order_by("variant_id", "-started_at").distinct("variant_id")
    found = newest.select_related("variant__tenant", "variant__prompt", "revision", "baseline")
    return [run for run in found if run.judges[slug] != str(judge.pk)]


@transaction.atomic
def rescore_all(judge: Revision, *, by: User) -> list[EvalRun]:
    """Score those of them again that this person may; gives the new runs."""
    require(by, "run_evals")
    reach = set(Variant.objects.visible_to(by).values_list("pk", flat=True))
    runs = [rescore(run, by) for run in scored_by_others(judge) if run.variant_id in reach]
    events.record("judge.rescored", judge, by, "", variant=judge.variant, runs=len(runs))
    return runs
