"""The blind comparison of a run's old and new answers."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from evals import blind
from evals.blind import CannotCompare, Pair, Side
from evals.models import EvalRun, Preference
from evals.views import rows
from registry.request import Request
from registry.roles import require

SHOWN = 20
"""Cases in which the old answer was preferred that the result shows."""


@require_http_methods(["GET", "HEAD", "POST"])
def preference(request: Request, pk: UUID) -> HttpResponse:
    """The next pair, or the result once the person has been through; POST writes a choice."""
    run = get_object_or_404(rows.full_runs_of(request), pk=pk)
    require(request.user, "run_evals", run.variant.tenant)
    try:
        pairs = blind.pairs_of(run, request.user)
    except CannotCompare as problem:
        return _page(request, run, {"problem": str(problem)}, status=409)
    if request.method == "POST":
        return _chosen(request, run, pairs)
    return _next(request, run, pairs)


def _chosen(request: Request, run: EvalRun, pairs: list[Pair]) -> HttpResponse:
    """Write the choice between the pair that was shown, and go on."""
    side, case = request.POST.get("side", ""), request.POST.get("case", "")
    pair = next((one for one in pairs if str(one.case.pk) == case), None)
    if pair is None or side not in ("left", "right", "tie"):
        return _next(request, run, pairs, problem="Choose one of the three buttons.", status=422)
    blind.choose(run, pair, cast(Side, side), by=request.user, of=len(pairs))
    return redirect("preference", pk=run.pk)


def _next(
    request: Request, run: EvalRun, pairs: list[Pair], *, problem: str = "", status: int = 200
) -> HttpResponse:
    left = blind.left_to_do(run, request.user, pairs)
    context: dict[str, Any] = {
        "problem": problem, "total": len(pairs), "done": len(pairs) - len(left),
    }  # fmt: skip
    context |= {"pair": left[0]} if left else _result(run, request, pairs)
    return _page(request, run, context, status=status)


def _result(run: EvalRun, request: Request, pairs: list[Pair]) -> dict[str, Any]:
    """What all choices amount to, and the person's own choices for the old answers."""
    mine = dict(Preference.objects.filter(run=run, by=request.user).values_list("case", "choice"))
    lost = [pair for pair in pairs if mine.get(pair.case.pk) == "old"]
    people = Preference.objects.filter(run=run).values("by").distinct().count()
    result = blind.tally(run)
    said = result.headline.partition(": ")[2]
    return {
        "result": result, "sentence": said[:1].upper() + said[1:], "people": people,
        "lost": lost[:SHOWN], "losses": len(lost),
    }  # fmt: skip


def _page(
    request: Request, run: EvalRun, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return render(request, "evals/preference/page.html", {"run": run, **context}, status=status)
