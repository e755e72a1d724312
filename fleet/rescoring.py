"""A judge's version that begins to count has its forerunner's last runs scored again, by itself.

It counts once it is both live and calibrated. Either may come last, so both are heard of, in the
transaction of the deed; whoever comes second finds the other done.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evals.judges.rescoring import counts, rescore_all
from evals.models import Calibration
from fleet.release.models import Release, Stage
from registry import work
from registry.events import Told
from registry.models import Lane, PromptKind, Revision, Variant, WorkItem

RESCORE_KIND = "rescore"


def hear(told: Told) -> None:
    """Have the workers score again when a judge went live or passed its calibration."""
    for _, subject in told:
        if isinstance(subject, Release):
            if subject.stage == Stage.LIVE and _judges_for_all(subject.variant):
                _enqueue(subject.revision_id, f"release:{subject.pk}")
        elif isinstance(subject, Calibration) and subject.passed:
            _enqueue(subject.judge_id, f"calibration:{subject.pk}")


def _judges_for_all(variant: Variant) -> bool:
    """Whether this is the platform's default of a judge: what suites mean by its name."""
    if variant.tenant_id is not None or variant.lane != Lane.PRIMARY:
        return False
    return variant.prompt.kind == PromptKind.JUDGE


def _enqueue(judge: UUID, cause: str) -> None:
    work.enqueue(RESCORE_KIND, f"rescore:{judge}:{cause}", {"judge": str(judge)})


@transaction.atomic
def rescore_for(item: WorkItem) -> None:
    """Score again what others scored last, where the judge counts by now and still is the live one.

    Done twice it does nothing the second time: what it scored is no longer another's.
    """
    judge = Revision.objects.select_related("variant__prompt").get(pk=item.payload["judge"])
    if counts(judge):
        rescore_all(judge, by=None)
    work.finish(item)
