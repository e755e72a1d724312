"""A run's report as a file: HTML, JUnit, CSV, JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evals.reports import data, page
from evals.reports.facts import Facts, facts_of
from evals.views import rows

FILES: dict[str, tuple[str, Callable[[Facts], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", data.as_csv),
    "json": ("application/json; charset=utf-8", data.as_json),
    "xml": ("application/xml; charset=utf-8", data.as_junit),
}
"""Ending of a file -> its content type and what writes it, piece by piece."""


@require_safe
def report_html(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The report that stands alone; it brings its own policy, stricter than the site's."""
    facts = _facts(request, pk)
    answer = HttpResponse(page.written(facts))
    answer["Content-Security-Policy"] = page.CONTENT_SECURITY_POLICY
    kind = "attachment" if "download" in request.GET else "inline"
    answer["Content-Disposition"] = f'{kind}; filename="{facts.file_name}.html"'
    return answer


@require_safe
def report_file(request: HttpRequest, pk: UUID, ending: str) -> HttpResponseBase:
    """Every case of the run as CSV, JSON or JUnit."""
    facts = _facts(request, pk)
    content_type, write = FILES[ending]
    answer = StreamingHttpResponse(write(facts), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{facts.file_name}.{ending}"'
    return answer


def _facts(request: HttpRequest, pk: UUID) -> Facts:
    return facts_of(get_object_or_404(rows.full_runs_of(request), pk=pk))
