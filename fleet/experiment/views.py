"""Pages of the experiments."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.bulk.actions import CannotStart
from fleet.bulk.models import BulkAct
from fleet.experiment import page
from fleet.experiment.actions import end_experiment, promote_arm, start_experiment
from fleet.experiment.forms import ExperimentForm
from fleet.experiment.models import Experiment
from fleet.review.actions import AlreadyDecided
from registry.border import UnusableText
from registry.request import Request
from registry.roles import require
from registry.transitions import IllegalMove


@require_safe
def experiment_list(request: Request) -> HttpResponse:
    """What is tried out where?"""
    return render(request, "experiment/list.html", {"experiments": page.listed(request.user)})


def experiment_open(request: Request) -> HttpResponse:
    """Which arm, where, and who joins? POST starts it."""
    require(request.user, "release")
    if request.method == "POST":
        return _start(request, ExperimentForm(request.POST))
    chosen = ExperimentForm(request.GET or None)
    shown = ExperimentForm(initial=request.GET.dict())
    return _form(request, shown, chosen, 200)


@require_safe
def experiment_detail(request: Request, pk: UUID) -> HttpResponse:
    """Where does the arm run, and what is known of it?"""
    return _detail(request, _experiment(request, pk), 200)


@require_POST
def experiment_promote(request: Request, pk: UUID) -> HttpResponse:
    """Make the arm live for all, everywhere it runs."""
    return _close(request, pk, "promote", promote_arm, "The arm goes live, variant by variant.")


@require_POST
def experiment_end(request: Request, pk: UUID) -> HttpResponse:
    """Stop the arm everywhere: control stays."""
    return _close(request, pk, "end", end_experiment, "The arm is stopped, variant by variant.")


def _start(request: Request, form: ExperimentForm) -> HttpResponse:
    if not form.is_valid():
        return _form(request, form, form, 422)
    said = form.cleaned_data
    try:
        experiment, _ = start_experiment(
            name=said["name"], arm=said["arm"], question=said["question"], prompt=said["prompt"],
            segment=said["segment"], share=said["percent"] / 100, by=request.user,
        )  # fmt: skip
    except (CannotStart, UnusableText) as why:
        form.add_error(None, str(why))
        return _form(request, form, form, 422)
    messages.success(request, "It starts, variant by variant. This page shows where it runs.")
    return redirect(experiment)


def _form(
    request: Request, form: ExperimentForm, chosen: ExperimentForm, status: int
) -> HttpResponse:
    """The form, with who joins by what is chosen so far."""
    chosen.is_valid()
    said = getattr(chosen, "cleaned_data", {})
    found = page.preview(said.get("prompt"), said.get("segment", ""), request.user)
    return render(request, "experiment/open.html", {"form": form, "preview": found}, status=status)


def _close(
    request: Request, pk: UUID, name: str, close: Callable[..., BulkAct], said: str
) -> HttpResponse:
    experiment, why = _experiment(request, pk), request.POST.get("why", "")
    try:
        act = close(experiment, by=request.user, reason=why)
    except (CannotStart, UnusableText) as unfit:
        return _detail(request, experiment, 422, {f"{name}_error": str(unfit), "why": why})
    except (AlreadyDecided, IllegalMove) as late:
        return _detail(request, _experiment(request, pk), 409, {"problem": str(late)})
    messages.success(request, said)
    return redirect(act)


def _detail(
    request: Request, experiment: Experiment, status: int, more: dict[str, str] | None = None
) -> HttpResponse:
    context = {
        "experiment": experiment, "page": page.ExperimentPage(experiment, request.user),
        **(more or {}),
    }  # fmt: skip
    return render(request, "experiment/detail.html", context, status=status)


def _experiment(request: Request, pk: UUID) -> Experiment:
    return get_object_or_404(page.experiments_of(request.user), pk=pk)
