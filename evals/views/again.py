"""Once more: the broken cases alone, everything, everything afresh, or the scores alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from evals.actions import NothingToMeasure, UnusableTarget, rescore, run_again, start_run
from evals.models import EvalRun, RunStage
from evals.views import cases, rows
from registry.models import User


@require_POST
def run_once_more(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start another run like this one; `what` says how much of it is asked again."""
    run = get_object_or_404(rows.full_runs_of(request), pk=pk)
    do = WAYS.get(request.POST.get("what", ""))
    if do is None or run.stage in (RunStage.RUNNING, RunStage.PAUSED):
        messages.error(request, "Say what to ask again, once the run is over.")
        return redirect(run)
    try:
        again = do(run, request.user)  # type: ignore[arg-type]
    except (NothingToMeasure, UnusableTarget) as why:
        messages.error(request, str(why))
        return redirect(run)
    messages.success(request, SAID[request.POST["what"]])
    return redirect(again)


def _broken(run: EvalRun, by: User) -> EvalRun:
    """The cases that broke or got no answer, asked afresh: a trial that decides nothing."""
    found = cases.standings(run)
    only = [
        one.case_id for kind in ("broken", "unanswered") for one in cases.of(found, kind)
    ]  # fmt: skip
    if not only:
        raise NothingToMeasure("No case broke and none lacks an answer: nothing to ask again.")
    return start_run(
        run.revision, baseline=run.baseline, by=by, repeats=run.repeats, kind="trial",
        why="The cases that broke, asked again.", only=only, afresh=True,
        versions=list(run.suite_versions.all()), parameters=run.parameters,
    )  # fmt: skip


def _afresh(run: EvalRun, by: User) -> EvalRun:
    return start_run(
        run.revision, baseline=run.baseline, by=by, repeats=run.repeats, kind=run.kind,
        tier=run.tier, why="Everything asked afresh.", afresh=True, parameters=run.parameters,
    )  # fmt: skip


WAYS: dict[str, Callable[[EvalRun, User], EvalRun]] = {
    "broken": _broken,
    "again": run_again,
    "afresh": _afresh,
    "scores": rescore,
}
"""What `what=` may say -> how the next run is started."""

SAID = {
    "broken": "The cases that broke are asked again. This trial decides nothing by itself.",
    "again": "It runs again. Answers that are still good are taken over, the rest is asked.",
    "afresh": "It runs again and asks everything afresh.",
    "scores": "The answers are scored again. No model is asked.",
}
