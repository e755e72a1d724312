"""What the customer has to have signed before a track may go on."""

from __future__ import annotations

from evals.suites import combined_hash, suite_versions_for
from fleet.campaign.models import SignOff, SignOffDecision, Track
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker

UNSIGNED = "sign_off"
"""The blocker of a track whose customer has not signed what it stands on now."""


def standing_sign_off(track: Track) -> SignOff | None:
    """The customer's yes to exactly this text, model and suites; None where there is none."""
    return track.sign_offs.filter(
        decision=SignOffDecision.APPROVED, revision=track.revision, sha256=track.revision.sha256,
        model_snapshot=track.revision.model_target.snapshot,
        eval_hash=combined_hash(suite_versions_for(track.variant)),
    ).first()  # fmt: skip


def refuse_unsigned(track: Track) -> None:
    """Raise Blocked unless the customer signed this, or need not sign."""
    if track.needs_sign_off and standing_sign_off(track) is None:
        words = "The customer signed something else than this."
        remedy = "Ask for a new sign-off on the present evidence."
        raise Blocked([Blocker(UNSIGNED, words, remedy)])
