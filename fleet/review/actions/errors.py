"""Why a review's act did not happen."""

from __future__ import annotations

from fleet.review.blockers import Blocker


class Blocked(Exception):
    """It may not go on; `reasons` says why and what to do about each."""

    def __init__(self, reasons: list[Blocker]) -> None:
        super().__init__(" ".join(f"{r.text} {r.remedy}" for r in reasons))
        self.reasons = reasons


class AlreadyDecided(Exception):
    """Somebody was faster: the decision there is stands."""
