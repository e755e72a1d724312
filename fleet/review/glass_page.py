"""What the page shows that asks a policy owner to look at a break-glass release."""

from __future__ import annotations

from typing import Any

from fleet.release.models import BreakGlass, BreakGlassStage
from fleet.review.behaviour import behaviour
from fleet.review.evidence import latest_run
from fleet.review.models import Review
from registry.diff import side_by_side, summary
from registry.request import Request

CONTEXT = 3
"""Unchanged lines kept beside a change."""


def context(request: Request, glass: BreakGlass) -> dict[str, Any]:
    """What went out against what was live before, what stood in the way, and the answers."""
    revision, before = glass.release.revision, glass.release.replaces
    old = before.revision if before else None
    rows = side_by_side(old.text if old else "", revision.text, CONTEXT)
    waits = glass.stage == BreakGlassStage.UNREVIEWED
    may = request.user.has_perm("registry.review_break_glass")
    return {
        "glass": glass,
        "revision": revision,
        "before": old,
        "review": Review.objects.filter(revision=revision).first(),
        "rows": rows,
        "summary": summary(rows),
        "old_title": f"Revision {old.number}, live before" if old else "Nothing was live before",
        "new_title": f"Revision {revision.number}",
        "may_review": waits and may and request.user.pk != glass.by_id,
        "is_own": waits and may and request.user.pk == glass.by_id,
        **behaviour(latest_run(revision)),
    }
