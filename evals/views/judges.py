"""Pages of the judges: whether they agree with people, and where they are used."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals.actions import NothingToMeasure
from evals.judges.calibrating import CannotCalibrate, calibrate
from evals.judges.rescoring import rescore_all
from evals.views.judge_page import JudgePage
from evals.views.judge_rows import judge_rows
from registry.models import Prompt, PromptKind
from registry.request import Request


@require_safe
def judge_list(request: Request) -> HttpResponse:
    """Every judge, and how far it may be trusted."""
    return render(request, "evals/judge/list.html", {"rows": judge_rows(request.user)})


@require_safe
def judge_detail(request: Request, slug: str) -> HttpResponse:
    """One judge."""
    return _detail(request, _judge(slug))


@require_POST
def judge_calibrate(request: Request, slug: str) -> HttpResponse:
    """Start a calibration of the version that is posted."""
    prompt = _judge(slug)
    versions = {
        str(row.revision.pk): row.revision for row in JudgePage(prompt, request.user).versions
    }
    revision = versions.get(request.POST.get("revision", ""))
    if revision is None:
        return _detail(request, prompt, problem="Choose one of its versions.", status=422)
    try:
        run = calibrate(revision, by=request.user)
    except (CannotCalibrate, NothingToMeasure) as problem:
        return _detail(request, prompt, problem=str(problem), status=422)
    messages.success(request, "The judge is being asked about its labelled answers.")
    return redirect(run)


@require_POST
def judge_rescore(request: Request, slug: str) -> HttpResponse:
    """Score again what an earlier version of this judge scored last."""
    prompt = _judge(slug)
    page = JudgePage(prompt, request.user)
    if page.live is None or not page.outscored:
        return _detail(request, prompt, problem="There is nothing to score again.", status=409)
    runs = rescore_all(page.live, by=request.user)
    messages.success(request, f"{len(runs)} runs are scored again; no model is asked for answers.")
    return redirect("judge-detail", slug=slug)


def _judge(slug: str) -> Prompt:
    return get_object_or_404(Prompt, slug=slug, kind=PromptKind.JUDGE)


def _detail(
    request: Request, prompt: Prompt, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"judge": JudgePage(prompt, request.user), "problem": problem}
    return render(request, "evals/judge/detail.html", context, status=status)
