"""The changelog of one variant, as a page and as a text."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from fleet.release.changelog import as_markdown
from fleet.release.changelog_page import changelog, newest_entries
from registry.models import Variant
from registry.request import Request


@require_safe
def variant_changelog(request: Request, pk: int) -> HttpResponse:
    """What changed here from release to release, and why?"""
    variant = _variant(request, pk)
    context = {"variant": variant, "changelog": changelog(variant, request.GET.get("page"))}
    return render(request, "release/variant/changelog.html", context)


@require_safe
def variant_changelog_text(request: Request, pk: int) -> HttpResponse:
    """The same as a Markdown file."""
    variant = _variant(request, pk)
    zone = timezone.get_current_timezone()
    text = as_markdown(f"Changelog of {variant}", newest_entries(variant), zone)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="changelog-{variant.pk}.md"'
    return answer


def _variant(request: Request, pk: int) -> Variant:
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    return get_object_or_404(found, pk=pk)
