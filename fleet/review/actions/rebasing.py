"""Carry a review over to today's base and policy, as a new review that follows it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import hold
from fleet.review.actions.opening import live_revision, open_review, supersede
from fleet.review.blockers import Blocker
from fleet.review.models import UNDER_WAY, Review
from registry.actions import overlay_for
from registry.models import OverlayDraft, Revision, User
from registry.roles import require


@transaction.atomic
def rebase(review: Review, values: Mapping[str, str], *, by: User, rationale: str) -> Review:
    """Ask for a review of these values on today's heads; the old review is withdrawn.

    The new one follows the old; whoever wrote in the old is barred from approving it, and all
    approvals start anew. `rebase_ground` proposes the values. Raises what `open_review` raises,
    AlreadyDecided when the review is over, Blocked on a migration's track or while somebody's
    draft of the overlay is open.
    """
    review = hold(review)
    require(by, "open_review", review.variant.tenant)
    if review.stage not in UNDER_WAY:
        raise AlreadyDecided(
            f"This review is “{review.get_stage_display()}” already. Nothing is left to rebase."
        )
    _refuse_on_track(review)
    _refuse_over_draft(review)
    live = live_revision(review.variant)
    fresh = open_review(
        review.variant, values, rationale=rationale, by=by, follows=review,
        target=live.model_target if live else review.revision.model_target,
        contributors=_writers(review.revision),
    )  # fmt: skip
    supersede(review, fresh, by=by, of=UNDER_WAY)
    return fresh


def _writers(revision: Revision) -> set[int]:
    """Whose words the old review's overlay holds."""
    overlay = revision.overlay_version
    return {revision.author_id, *(overlay.contributor_ids if overlay else ())}


def _refuse_on_track(review: Review) -> None:
    if review.revision.tracks.filter(closed_at__isnull=True).exists():
        words = "This revision is part of a migration or roll-out."
        remedy = "Mend the overlay from its track: the new text goes back onto it."
        raise Blocked([Blocker("track", words, remedy)])


def _refuse_over_draft(review: Review) -> None:
    """Freezing closes the draft: nobody's half-written text may vanish by that."""
    draft = OverlayDraft.objects.filter(overlay=overlay_for(review.variant))
    found = draft.select_related("saved_by").first()
    if found is not None:
        words = f"{found.saved_by.display_name} has a draft of this overlay open."
        remedy = "Submit or discard the draft first; its text would be lost."
        raise Blocked([Blocker("draft", words, remedy)])
