"""Pages of the eval runs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals.actions import cancel_run
from evals.models import EvalRun
from evals.views import page, rows
from evals.views.progress import progress_of
from registry.transitions import IllegalMove


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Every run the person may see, newest first."""
    return render(request, "evals/run/list.html", rows.list_context(request))


@require_safe
def run_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run: verdict, slices, cases."""
    return render(request, "evals/run/detail.html", page.context(request, _run(request, pk)))


@require_safe
def run_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The polled fragment; once the run is over it asks for the page's body and stops."""
    run = get_object_or_404(rows.runs_of(request), pk=pk)
    context = {"run": run, "progress": progress_of(run), "polled": True}
    return render(request, "evals/run/_progress.html", context)


@require_POST
def run_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a run."""
    run = _run(request, pk)
    try:
        cancel_run(run, by=request.user, why=request.POST.get("why", ""))  # type: ignore[arg-type]
    except IllegalMove:
        run.refresh_from_db()
        problem = f"The run is “{run.get_stage_display()}” already, so it was not cancelled."
        context = page.context(request, run) | {"problem": problem}
        return render(request, "evals/run/detail.html", context, status=409)
    messages.success(request, "The run is cancelled. What was answered so far stays.")
    return redirect(run)


def _run(request: HttpRequest, pk: UUID) -> EvalRun:
    return get_object_or_404(rows.full_runs_of(request), pk=pk)
