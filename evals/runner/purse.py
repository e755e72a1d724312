"""What a run may still spend. Pure."""

from __future__ import annotations

ROUNDING = 1e-9
"""USD: sums of fractions of a cent are not exact."""


class Purse:
    """A run's cap in USD: what is spent, and what the calls in flight may cost.

    A call is made only while what is spent, what is in flight and its own estimate fit in; so
    the cap is passed by no more than estimates were too low.
    """

    def __init__(self, cap: float, spent: float = 0.0) -> None:
        self.cap = cap
        self.spent = spent
        self._reserved = 0.0
        self._dearest = 0.0

    def take(self, estimate: float) -> float | None:
        """Set aside what a call may cost, as much as the dearest so far if that is more.

        Gives how much that is, None where it does not fit in any more.
        """
        aside = max(estimate, self._dearest)
        if self.spent + self._reserved + aside > self.cap + ROUNDING:
            return None
        self._reserved += aside
        return aside

    def settle(self, aside: float, cost: float) -> None:
        """The call is over and cost so much."""
        self._reserved -= aside
        self.spent += cost
        self._dearest = max(self._dearest, cost)
