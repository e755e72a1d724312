"""Put a Revision into traffic, and back: each switch is one transaction."""

from fleet.release.actions.ending import CannotEnd, restore, revoke, withdraw
from fleet.release.actions.going_back import CannotRollBack, once_allowed, roll_back
from fleet.release.actions.publishing import adopt, publish
from fleet.release.actions.rollout import next_step, promote, start_canary, stop_canary
from fleet.release.actions.switching import end_beside, lock, refuse_blocked, switch
from fleet.release.actions.trying import (
    put_on_staging,
    start_shadow,
    stop_shadow,
    take_off_staging,
)

__all__ = [
    "CannotEnd",
    "CannotRollBack",
    "adopt",
    "end_beside",
    "lock",
    "next_step",
    "once_allowed",
    "promote",
    "publish",
    "put_on_staging",
    "refuse_blocked",
    "restore",
    "revoke",
    "roll_back",
    "start_canary",
    "start_shadow",
    "stop_canary",
    "stop_shadow",
    "switch",
    "take_off_staging",
    "withdraw",
]
