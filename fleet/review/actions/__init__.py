"""Ask for a review, decide it, object to it, take it back.

What puts a text into traffic stands in modules of its own, which the release room's actions
come before: `scheduling` and `break_glass`.
"""

from fleet.review.actions.accepting import accept_risk, accept_run
from fleet.review.actions.deciding import (
    approve,
    approve_revisions,
    refuse_silence,
    reject,
    withdraw,
)
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import refuse_author
from fleet.review.actions.objecting import lift, object_to, overrule, request_changes
from fleet.review.actions.opening import live_revision, open_review
from fleet.review.actions.rebasing import rebase
from fleet.review.actions.settling import resume, settle
from fleet.review.actions.voiding import VOID_KIND, hear_of_voids, keep_in_line, void_stale

__all__ = [
    "VOID_KIND",
    "AlreadyDecided",
    "Blocked",
    "accept_risk",
    "accept_run",
    "approve",
    "approve_revisions",
    "hear_of_voids",
    "keep_in_line",
    "lift",
    "live_revision",
    "object_to",
    "open_review",
    "overrule",
    "rebase",
    "refuse_author",
    "refuse_silence",
    "reject",
    "request_changes",
    "resume",
    "settle",
    "void_stale",
    "withdraw",
]
