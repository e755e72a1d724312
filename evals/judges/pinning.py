"""Which judges a run is scored by: found when it starts, and the same until it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evals.judges.terms import Judge
from evals.models import Calibration, EvalRun
from registry.models import Lane, PromptKind, Revision


def slugs_in(expectations: Iterable[Mapping[str, Any]]) -> set[str]:
    """The judges that some expectations name."""
    return {one["judge"] for one in expectations if isinstance(one.get("judge"), str)}


def live_judges(slugs: Iterable[str]) -> dict[str, Revision]:
    """Slug -> the live Revision of the judge's platform default. One query.

    A slug that is no judge's, or whose judge was never released, is left out.
    """
    found = Revision.objects.filter(
        variant__prompt__slug__in=list(slugs), variant__prompt__kind=PromptKind.JUDGE,
        variant__tenant=None, variant__lane=Lane.PRIMARY, releases__stage="live",
    )  # fmt: skip
    live = found.select_related("variant__prompt").order_by("-variant__locale", "variant_id")
    return {revision.variant.prompt.slug: revision for revision in live}


def pin(expectations: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What `EvalRun.judges` is to hold: the live judges that the expectations name."""
    slugs = slugs_in(expectations)
    if not slugs:
        return {}
    return {slug: str(revision.pk) for slug, revision in sorted(live_judges(slugs).items())}


def judges_of(run: EvalRun) -> dict[str, Judge]:
    """The judges a run was pinned to, as `evals.judges.Context` takes them. Two queries.

    Calibrated is what they were when the run started: a calibration that passes in between must
    not make the same run count differently.
    """
    if not run.judges:
        return {}
    revisions = Revision.objects.select_related("model_target").in_bulk(list(run.judges.values()))
    newest = Calibration.objects.filter(judge__in=revisions, created_at__lte=run.started_at)
    passed = dict(newest.order_by("created_at").values_list("judge_id", "passed"))
    return {
        slug: _judge(slug, revision, passed.get(revision.pk, False))
        for slug, revision in ((s, _named(revisions, pk)) for s, pk in run.judges.items())
        if revision is not None
    }


def _named(revisions: Mapping[Any, Revision], pk: str) -> Revision | None:
    return next((one for key, one in revisions.items() if str(key) == pk), None)


def _judge(slug: str, revision: Revision, calibrated: bool) -> Judge:
    target = revision.model_target
    return Judge(
        slug, str(revision.pk), revision.text, target.provider, target.snapshot, calibrated
    )
