"""The page that puts any two runs beside each other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evals.views import compare_page


@require_safe
def eval_compare(request: HttpRequest) -> HttpResponse:
    """Two runs compared; without two, a form to choose them."""
    (a, b), problem = compare_page.chosen_runs(request)
    if a is not None and b is not None and not problem:
        context = compare_page.context(request, a, b)
        return render(request, "evals/compare/compare.html", context)
    near = a or b
    context = {
        "a": a, "b": b, "problem": problem, "runs": compare_page.choices(request, near)
    }  # fmt: skip
    return render(request, "evals/compare/choose.html", context, status=404 if problem else 200)
