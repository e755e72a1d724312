"""Put a Revision into traffic, and back: each switch is one transaction."""

from fleet.release.actions.ending import revoke, withdraw
from fleet.release.actions.going_back import CannotRollBack, once_allowed, roll_back
from fleet.release.actions.publishing import adopt, publish
from fleet.release.actions.switching import end_beside, lock, refuse_blocked, switch

__all__ = [
    "CannotRollBack",
    "adopt",
    "end_beside",
    "lock",
    "once_allowed",
    "publish",
    "refuse_blocked",
    "revoke",
    "roll_back",
    "switch",
    "withdraw",
]
