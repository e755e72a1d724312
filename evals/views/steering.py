"""Pause a run, go on with it, or let it cost more."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from evals.actions import UnusableCap, pause_run, raise_cap, resume_run
from evals.models import EvalRun
from evals.views import page, rows
from registry.transitions import IllegalMove

LARGEST_CAP = Decimal(100_000)
"""USD: what the column holds and more than anybody means to spend on one run."""


class UnreadableCap(ValueError):
    """What was typed is no amount; the message says what is."""


@require_POST
def run_pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask nothing more for now."""
    return _steer(
        request, pk, lambda run: pause_run(run, by=request.user),  # type: ignore[arg-type]
        "The run is paused. Nothing more is asked until somebody resumes it.",
    )  # fmt: skip


@require_POST
def run_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go on where it stood."""
    return _steer(
        request, pk, lambda run: resume_run(run, by=request.user),  # type: ignore[arg-type]
        "The run goes on where it stood.",
    )  # fmt: skip


@require_POST
def run_cap(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change what the run may cost; an empty field takes the bound away."""
    return _steer(
        request, pk,
        lambda run: raise_cap(run, _amount(request), by=request.user),  # type: ignore[arg-type]
        "What the run may cost is changed.",
    )  # fmt: skip


def _amount(request: HttpRequest) -> Decimal | None:
    said = request.POST.get("cap", "").strip()
    if not said:
        return None
    try:
        cap = Decimal(said)
    except InvalidOperation:
        cap = Decimal("NaN")
    if not (cap.is_finite() and 0 < cap <= LARGEST_CAP):
        raise UnreadableCap("Write an amount in USD such as 2.50, or nothing for no bound.")
    return round(cap, 6)


def _steer(
    request: HttpRequest, pk: UUID, deed: Callable[[EvalRun], object], said: str
) -> HttpResponse:
    run = get_object_or_404(rows.full_runs_of(request), pk=pk)
    try:
        deed(run)
    except (IllegalMove, UnusableCap, UnreadableCap) as why:
        run.refresh_from_db()
        status = 409 if isinstance(why, IllegalMove) else 422
        context = page.context(request, run) | {"problem": str(why)}
        return render(request, "evals/run/detail.html", context, status=status)
    messages.success(request, said)
    return redirect(run)
