"""The rollback runbook as a page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fleet.rollback.runbook import blocks
from registry.request import Request

RUNBOOK = settings.BASE_DIR / "docs" / "rollback.md"


@require_safe
def runbook_rollback(request: Request) -> HttpResponse:
    """How does one roll back, and what do callers see?"""
    text = RUNBOOK.read_text(encoding="utf-8")
    return render(request, "rollback/runbook.html", {"blocks": blocks(text)})
