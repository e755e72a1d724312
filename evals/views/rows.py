"""Which eval runs a page shows, and what each row says."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from evals.models import EvalRun, RunStage, VerdictKind
from evals.views.progress import done_calls
from evals.views.sentence import sentence_of
from registry.models import Variant

PAGE = 50

FILTERS = [
    ("running", "Running"),
    *VerdictKind.choices,
    ("cancelled", "Cancelled"),
]
"""What `?verdict=` may say, and its word."""


def runs_of(request: HttpRequest) -> QuerySet[EvalRun]:
    """The runs of the variants this person may see."""
    visible = Variant.objects.visible_to(request.user)  # type: ignore[arg-type]
    return EvalRun.objects.filter(variant__in=visible)


def full_runs_of(request: HttpRequest) -> QuerySet[EvalRun]:
    """The same with everything that a page of one run reads of its neighbours."""
    return runs_of(request).select_related(
        "variant__tenant", "variant__prompt", "verdict", "started_by", "revision__model_target",
        "baseline__model_target", "sweep",
    )  # fmt: skip


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Rows, filters and the pager of the list."""
    chosen, text = request.GET.get("verdict", ""), request.GET.get("q", "").strip()
    heavy = ("revision__text", "revision__segments", "baseline__text", "baseline__segments")
    found = _search(_filter(full_runs_of(request).defer(*heavy), chosen), text)
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    done = done_calls(run.pk for run in shown if run.stage == RunStage.RUNNING)
    filters = [{"name": "verdict", "label": "State", "value": chosen, "options": FILTERS}]
    return {
        "page": shown,
        "rows": [_row(run, done.get(run.pk, 0)) for run in shown],
        "filters": filters,
        "q": text,
        "count": f"{shown.paginator.count} run{'' if shown.paginator.count == 1 else 's'}",
        "filtered": bool(chosen or text),
    }


def _row(run: EvalRun, done: int) -> dict[str, Any]:
    verdict = getattr(run, "verdict", None)
    return {
        "run": run,
        "state": verdict.kind if verdict else run.stage,
        "verdict": verdict,
        "sentence": sentence_of(verdict) if verdict else "",
        "done": done,
    }


def _filter(runs: QuerySet[EvalRun], chosen: str) -> QuerySet[EvalRun]:
    if chosen in RunStage.values:
        return runs.filter(stage=chosen)
    return runs.filter(verdict__kind=chosen) if chosen in VerdictKind.values else runs


def _search(runs: QuerySet[EvalRun], text: str) -> QuerySet[EvalRun]:
    if not text:
        return runs
    found = Q(variant__tenant__name__icontains=text) | Q(variant__prompt__slug__icontains=text)
    return runs.filter(found | Q(revision__model_target__snapshot__icontains=text))
