"""From single verdicts to one: majority over repeats, and both orders of a pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evals.judges.reading import Said
from evals.judges.terms import Outcome

UNREAD = "unparsed"
SWAPPED = {"A": "B", "B": "A", "tie": "tie"}


def majority(said: Sequence[Said]) -> tuple[Outcome, str]:
    """``("scored", verdict)`` where more than half of all verdicts agree.

    Else unparsed, where more than half could not be read, or unstable. Verdicts that could
    not be read count among all: two readable ones of five are no majority.
    """
    counts = Counter(one.verdict or UNREAD for one in said)
    verdict, most = counts.most_common(1)[0]
    if most * 2 <= len(said):
        return "unstable", ""
    return ("unparsed", "") if verdict == UNREAD else ("scored", verdict)


def both_orders(first: Sequence[Said], second: Sequence[Said]) -> tuple[Outcome, str]:
    """Which of two answers is preferred, ``A`` or ``B`` as named in the first order, or a tie.

    `second` are the verdicts with the two swapped. The preference must hold in both orders;
    one that changes with the order (also from a preference to a tie) is unstable.
    """
    outcome, one = majority(first)
    if outcome != "scored":
        return outcome, ""
    outcome, other = majority(second)
    if outcome != "scored":
        return outcome, ""
    if one != SWAPPED[other]:
        return "unstable", ""
    return ("tie", one) if one == "tie" else ("scored", one)
