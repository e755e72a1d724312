"""Two revisions side by side."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from registry.diff import DiffRow, Summary, side_by_side, summary
from registry.models import Revision, User
from registry.request import Request
from registry.views.rows import pins_that_differ, visible_revisions

CONTEXT_LINES = 3
"""Unchanged lines shown around a change unless the whole text is asked for."""


@dataclass(frozen=True)
class Comparison:
    """What differs between two revisions."""

    old: Revision
    new: Revision
    rows: list[DiffRow]
    pins: list[tuple[str, str, str]]
    choices: list[Revision]

    @property
    def summary(self) -> Summary:
        """Lines added, removed and changed."""
        return summary(self.rows)

    @property
    def same_text(self) -> bool:
        """Whether both compose to the very same text."""
        return self.old.sha256 == self.new.sha256

    @property
    def old_title(self) -> str:
        """What stands over the left column."""
        return self._title(self.old)

    @property
    def new_title(self) -> str:
        """What stands over the right column."""
        return self._title(self.new)

    def _title(self, revision: Revision) -> str:
        short = f"Revision {revision.number}"
        return short if self.one_variant else f"{revision.variant}, {short.lower()}"

    @property
    def one_variant(self) -> bool:
        """Whether both belong to the same variant."""
        return self.old.variant_id == self.new.variant_id


def compare(request: Request) -> HttpResponse:
    """What is different between two revisions?"""
    whole = request.GET.get("context") == "all"
    chosen = _chosen(request.user, request.GET.get("a", ""), request.GET.get("b", ""))
    comparison = _comparison(request.user, *chosen, whole=whole) if chosen else None
    context = {"comparison": comparison, "whole": whole}
    return render(request, "registry/compare.html", context)


def _chosen(user: User, a: str, b: str) -> tuple[Revision, Revision] | None:
    """Both revisions; the older neighbour stands in where only the newer is named."""
    revisions = visible_revisions(user)
    if not b:
        return None
    new = get_object_or_404(revisions, pk=_uuid(b))
    if a:
        return get_object_or_404(revisions, pk=_uuid(a)), new
    before = revisions.filter(variant=new.variant, number__lt=new.number).order_by("-number")
    return (before.first() or new), new


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404("No revision has this id.") from None


def _comparison(user: User, old: Revision, new: Revision, *, whole: bool) -> Comparison:
    choices = (
        visible_revisions(user)
        .filter(variant__in={old.variant_id, new.variant_id})
        .defer("text", "segments")
        .order_by("variant_id", "-number")
    )
    rows = side_by_side(old.text, new.text, None if whole else CONTEXT_LINES)
    return Comparison(old, new, rows, pins_that_differ(old, new), list(choices))
