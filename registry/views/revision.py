"""One revision: its text, its pins and where it came from."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from registry.request import Request
from registry.views.rows import visible_revisions


def revision_detail(request: Request, pk: uuid.UUID) -> HttpResponse:
    """What exactly is this revision?"""
    found = visible_revisions(request.user).select_related("parent", "adoption", "revocation")
    revision = get_object_or_404(found, pk=pk)
    siblings = revision.variant.revisions.only("pk", "number").order_by("number")
    context = {
        "revision": revision,
        "variant": revision.variant,
        "before": siblings.filter(number__lt=revision.number).last(),
        "after": siblings.filter(number__gt=revision.number).first(),
    }
    return render(request, "registry/revision/detail.html", context)
