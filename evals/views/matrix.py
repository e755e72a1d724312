"""The matrix of variants and slices."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evals.views import matrix_page


@require_safe
def eval_matrix(request: HttpRequest) -> HttpResponse:
    """Where each variant stands in each slice, by its newest gate run."""
    return render(request, "evals/matrix/matrix.html", matrix_page.context(request))
