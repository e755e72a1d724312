"""What a run may still spend. Pure."""

from __future__ import annotations


class Purse:
    """A run's cap in USD: what is spent, and what the calls in flight may cost.

    A call is made only while what is spent, what is in flight and its own estimate fit in; so
    the cap is passed by no more than estimates were too low.
    """

    def __init__(self, cap: float, spent: float = 0.0) -> None:
        self.cap = cap
        self.spent = spent
        self._reserved = 0.0

    def take(self, estimate: float) -> bool:
        """Set an estimate aside; False where it does not fit in any more."""
        if self.spent + self._reserved + estimate > self.cap:
            return False
        self._reserved += estimate
        return True

    def settle(self, estimate: float, cost: float) -> None:
        """The call is over and cost so much."""
        self._reserved -= estimate
        self.spent += cost
