"""What a customer came back with, for the page of a track."""

from __future__ import annotations

from typing import Any

from fleet.campaign.models import Track
from fleet.feedback.actions import may_record
from fleet.feedback.forms import FeedbackForm
from fleet.feedback.load import DAYS, compare
from fleet.feedback.models import Feedback
from registry.models import User

MOST_ROWS = 5
"""The newest; the list page has the rest."""

PILLS = {"complaint": "no_go", "question": "waiting", "reply": "open", "praise": "go"}
"""Kind -> the pill whose colour and sign it takes."""


def track_panel(track: Track, user: User) -> dict[str, Any]:
    """`rows`, `count`, `form` (None for who may not), `load` (before and after the cutover).

    For `templates/feedback/_track.html`, which is given it as `panel`. Four queries at most.
    """
    found = Feedback.objects.filter(variant=track.variant_id).select_related("by")
    rows = list(found.order_by("-happened_at", "-pk")[: MOST_ROWS + 1])
    cut_over = track.cut_over_at
    return {
        "track": track,
        "rows": [(one, PILLS[one.kind]) for one in rows[:MOST_ROWS]],
        "more": len(rows) > MOST_ROWS,
        "form": FeedbackForm(auto_id="feedback-%s") if may_record(user, track.variant) else None,
        "load": compare(track.variant, cut_over) if cut_over is not None else None,
        "days": DAYS,
    }
