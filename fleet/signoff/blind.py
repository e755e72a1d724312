"""Which answer is better, not knowing which is the new one: pairs, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from fleet.signoff.evidence import Compared, Evidence
from fleet.signoff.models import SignOffLink

MOST = 12
"""Pairs one is asked about: some five minutes of a customer's time."""

SIDES = ("left", "right", "tie")


@dataclass(frozen=True)
class Pair:
    """A question's two answers on two sides. The page does not say which is which."""

    shown: Compared
    new_left: bool

    @property
    def left(self) -> str:
        """The answer on the left."""
        return self.shown.new_text if self.new_left else self.shown.old_text

    @property
    def right(self) -> str:
        """The answer on the right."""
        return self.shown.old_text if self.new_left else self.shown.new_text

    def chosen(self, side: str) -> str:
        """Whose answer a side is: new, old or tie."""
        if side == "tie":
            return "tie"
        return "new" if (side == "left") == self.new_left else "old"


def pairs_of(evidence: Evidence) -> list[Pair]:
    """What the reader is asked: their own questions first, where the two answers differ.

    The sides come from a keyed hash over link and question: the same after a break, and unknown
    beforehand.
    """
    apart = [
        one for one in evidence.compared
        if one.old is not None and one.new is not None
        and one.old_text.strip() != one.new_text.strip()
    ]  # fmt: skip
    return [Pair(one, _new_left(evidence.link, one.case_id)) for one in apart[:MOST]]


def choices(pairs: Sequence[Pair], picks: Mapping[int, str]) -> dict[int, str]:
    """Question -> new, old or tie, for the pairs that were chosen between."""
    return {
        pair.shown.case_id: pair.chosen(picks[pair.shown.case_id])
        for pair in pairs if picks.get(pair.shown.case_id) in SIDES
    }  # fmt: skip


def tally(found: Mapping[int, str]) -> dict[str, int]:
    """How often new, old and neither was chosen."""
    return {kind: list(found.values()).count(kind) for kind in ("new", "old", "tie")}


def _new_left(link: SignOffLink, case: int) -> bool:
    mac = salted_hmac("fleet.signoff.blind", f"{link.pk}:{case}", algorithm="sha256")
    return mac.digest()[0] % 2 == 0
