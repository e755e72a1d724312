"""What an action refused, in words for the page that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from evals.actions import NothingToMeasure
from fleet.release.actions import CannotRollBack
from fleet.review.actions import AlreadyDecided, Blocked
from fleet.review.blockers import Blocker
from registry.transitions import IllegalMove

Result = TypeVar("Result")

CONFLICT, UNFIT = 409, 422
"""HTTP: somebody was faster; it may not go on like this."""


@dataclass(frozen=True)
class Refusal:
    """Why an act did not happen: a sentence, the HTTP status, and the reasons one by one."""

    text: str
    status: int
    reasons: tuple[Blocker, ...] = ()


def attempt(act: Callable[[], Result]) -> Result | Refusal:
    """Do `act`, or say why not. NotAllowed passes through: it has a page of its own."""
    try:
        return act()
    except Blocked as blocked:
        return Refusal(str(blocked), UNFIT, tuple(blocked.reasons))
    except (CannotRollBack, NothingToMeasure) as unfit:
        return Refusal(str(unfit), UNFIT)
    except (AlreadyDecided, IllegalMove) as conflict:
        return Refusal(str(conflict), CONFLICT)
