"""What a draft would do to the fleet: progress, then the result."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fleet.blast.models import BlastRadius


@require_safe
def blast_radius(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far the dry run is, or what it found."""
    radius = get_object_or_404(BlastRadius.objects.select_related("base__prompt", "policy"), pk=pk)
    return render(request, "blast/radius/detail.html", {"radius": radius})
