"""Self-service evals: a key has one variant measured, and asks how far it is (tier 3)."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from evals.actions import NothingToMeasure, start_run
from evals.models import EvalRun
from evals.views.progress import progress_of
from fleet.delivery.acting import VariantId, variant_of
from fleet.delivery.api import PROBLEMS, ProblemDocument, bearer
from fleet.delivery.keys import acting_user
from fleet.delivery.models import ApiKey, Scope
from fleet.delivery.problems import Problem
from fleet.release.models import Release, Stage
from fleet.sweep.tiers import tier_of_change
from registry.models import Revision, Variant
from registry.roles import NotAllowed

router = Router()


class RunBody(Schema):
    """What to measure; without a body, what is newest."""

    prompt_id: uuid.UUID | None = Field(
        None, description="A revision of this variant (`prompt_id` of a fetch); null: the newest."
    )


class ProgressShape(Schema):
    """Calls answered of calls planned."""

    done: int
    planned: int


class ReasonShape(Schema):
    """Why the verdict is what it is, as in `decide`."""

    check: str
    slice: str | None
    detail: str


class VerdictShape(Schema):
    """The output of `decide`, with the sentence that the page shows."""

    verdict: str
    headline: str
    reasons: list[ReasonShape]
    broken: list[str]
    fixed: list[str]
    p_values: dict[str, float]
    smallest_detectable_effect: float


class RunAnswer(Schema):
    """One run; `verdict` is null until it is through."""

    id: uuid.UUID
    state: str = Field(description="running, paused, done or cancelled")
    variant: int
    prompt_id: uuid.UUID
    baseline: uuid.UUID | None
    tier: int | None
    why: str
    progress: ProgressShape
    verdict: VerdictShape | None
    url: str


@router.post(
    "/variants/{variant_id}/eval-runs", auth=bearer(Scope.EVALS_RUN),
    response={202: RunAnswer, **PROBLEMS, 409: ProblemDocument}, operation_id="startEvalRun",
)  # fmt: skip
def start(request: HttpRequest, variant_id: VariantId, body: RunBody | None = None) -> Status:
    """Measure a variant against what is live. 409: no suite measures it, or it has no text.

    Asked again while it runs, it answers with the run there is.
    """
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    variant = variant_of(key, variant_id)
    wanted = body.prompt_id if body else None
    revision, live = _revision(variant, wanted), _live(variant)
    tier, why = tier_of_change(tenant=variant.tenant_id is not None)
    try:
        run = start_run(
            revision, baseline=live if live != revision else None, by=acting_user(key),
            tier=tier, why=f"Asked for by API key {key.name}. {why}",
        )  # fmt: skip
    except NotAllowed as no:
        raise Problem(HTTPStatus.FORBIDDEN, str(no)) from None
    except NothingToMeasure as nothing:
        raise Problem(HTTPStatus.CONFLICT, str(nothing)) from None
    return Status(202, _as_json(run))


@router.get(
    "/eval-runs/{run_id}", auth=bearer(Scope.EVALS_RUN),
    response={200: RunAnswer, **PROBLEMS}, operation_id="getEvalRun",
)  # fmt: skip
def read(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """How far a run is, and its verdict."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    return _as_json(_run(key, run_id))


def _revision(variant: Variant, wanted: uuid.UUID | None) -> Revision:
    found = variant.revisions.select_related("variant__tenant", "variant__prompt")
    revision = found.filter(pk=wanted).first() if wanted else found.order_by("-number").first()
    if revision is not None:
        return revision
    if wanted:
        told = "This variant has no revision with this prompt_id."
        raise Problem(HTTPStatus.NOT_FOUND, told)
    raise Problem(HTTPStatus.CONFLICT, "This variant has no text yet: nothing can be measured.")


def _live(variant: Variant) -> Revision | None:
    release = Release.objects.filter(variant=variant, stage=Stage.LIVE).select_related("revision")
    found = release.first()
    return found.revision if found else None


def _run(key: ApiKey, run_id: str) -> EvalRun:
    """The run, where the key may know of its variant; else 404."""
    missing = Problem(HTTPStatus.NOT_FOUND, "There is no eval run with this id.")
    try:
        pk = uuid.UUID(run_id)
    except ValueError:
        raise missing from None
    visible = Variant.objects.visible_to(acting_user(key))
    run = EvalRun.objects.filter(pk=pk, variant__in=visible).select_related("verdict").first()
    if run is None:
        raise missing
    return run


def _as_json(run: EvalRun) -> dict[str, Any]:
    progress, verdict = progress_of(run), getattr(run, "verdict", None)
    return {
        "id": run.pk, "state": run.stage, "variant": run.variant_id,
        "prompt_id": run.revision_id, "baseline": run.baseline_id, "tier": run.tier,
        "why": run.why, "progress": {"done": progress.done, "planned": progress.planned},
        "verdict": {**verdict.decision, "headline": verdict.headline} if verdict else None,
        "url": reverse("eval-run-detail", args=[run.pk]),
    }  # fmt: skip
