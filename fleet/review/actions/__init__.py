"""Ask for a review, decide it, take it back."""

from fleet.review.actions.deciding import approve, approve_revision, reject, withdraw
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.opening import live_revision, open_review

__all__ = [
    "AlreadyDecided",
    "Blocked",
    "approve",
    "approve_revision",
    "live_revision",
    "open_review",
    "reject",
    "withdraw",
]
