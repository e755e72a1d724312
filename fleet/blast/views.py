"""What a draft would do to the fleet: progress, then the result, then variant by variant."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.blast import export, page, table
from fleet.blast.actions import cancel_dry_run
from fleet.blast.detail import beside
from fleet.blast.models import BlastRadius, BlastRow
from fleet.review.refusal import Refusal, attempt
from registry.models import Variant


@require_safe
def blast_radius(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far the dry run is, or what it found."""
    return render(request, "blast/radius/detail.html", page.context(request, _radius(pk)))


@require_safe
def blast_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The polled fragment; once the run is over it asks for the page's body and stops."""
    context = page.context(request, _radius(pk)) | {"polled": True}
    return render(request, "blast/radius/_progress.html", context)


@require_POST
def blast_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a dry run."""
    radius = _radius(pk)
    done = attempt(lambda: cancel_dry_run(radius, by=request.user))  # type: ignore[arg-type]
    if isinstance(done, Refusal):
        context = page.context(request, _radius(pk)) | {"problem": done.text}
        return render(request, "blast/radius/detail.html", context, status=done.status)
    messages.success(request, "The dry run is stopped. Nothing was changed by it.")
    return redirect(radius)


@require_safe
def blast_export(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The filtered rows for a spreadsheet."""
    rows = table.filtered(table.rows_of(_radius(pk), request.user), request)  # type: ignore[arg-type]
    answer = StreamingHttpResponse(export.lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="blast-radius-{str(pk)[:8]}.csv"'
    return answer


@require_safe
def blast_row(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen to this one variant, and where in its text?"""
    mine = BlastRow.objects.filter(variant__in=Variant.objects.visible_to(request.user))  # type: ignore[arg-type]
    row = get_object_or_404(
        mine.select_related(
            "radius__base__prompt", "radius__policy", "variant__tenant", "variant__prompt"
        ),
        pk=pk,
    )
    context = {
        "row": row,
        "radius": row.radius,
        "what": table.what_happens(row),
        "beside": beside(row),
    }
    return render(request, "blast/radius/row.html", context)


def _radius(pk: UUID) -> BlastRadius:
    found = BlastRadius.objects.select_related("base__prompt", "policy__prompt", "asked_by")
    return get_object_or_404(found, pk=pk)
