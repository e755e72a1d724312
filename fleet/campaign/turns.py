"""Whose turn a track is and what blocks it, in words. Pure: facts in, a sentence out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Who = Literal["product", "owner", "customer", "approver", "engineer", "nobody"]

WHO: dict[Who, str] = {
    "product": "The product",
    "owner": "Account owner",
    "customer": "The customer",
    "approver": "An approver",
    "engineer": "Prompt engineer",
    "nobody": "Nobody",
}
"""Whose turn, as the board's filter and column say it."""


@dataclass(frozen=True)
class Facts:
    """What is known of a track without asking for every blocker.

    `still`: who has to approve besides those who did. `text_is_new`: somebody wrote for this
    variant alone, so it has a review of its own instead of the batch approval. `breaks`: what a
    new base or policy has against its overlay. `left`: what it serves again after a rollback.
    `days` since its last change.
    """

    stage: str
    customer: str
    days: int = 0
    verdict: str = ""
    broken: int = 0
    approved: bool = False
    objected: bool = False
    still: str = ""
    text_is_new: bool = False
    breaks: str = ""
    declined_by: str = ""
    refusal: str = ""
    cutting_over: bool = False
    done_calls: int = 0
    planned_calls: int = 0
    left: str = ""


@dataclass(frozen=True)
class Turn:
    """Who acts next, and what stands in the way."""

    who: Who
    words: str

    @property
    def label(self) -> str:
        """Whose turn, in words."""
        return WHO[self.who]


def turn_of(facts: Facts) -> Turn:
    """The one next thing for a track."""
    return _BY_STAGE[facts.stage](facts)


def _queued(facts: Facts) -> Turn:
    return Turn("product", "Waiting for a worker to evaluate it")


def _evaluating(facts: Facts) -> Turn:
    if not facts.planned_calls:
        return Turn("product", "Evaluation is about to start")
    return Turn("product", f"Evaluating: {facts.done_calls} of {facts.planned_calls} calls")


def _needs_work(facts: Facts) -> Turn:
    if facts.declined_by:
        return Turn("owner", f"{facts.declined_by} declined: mend the overlay")
    if facts.breaks:
        return Turn("owner", f"Mend the overlay: {facts.breaks}")
    if not facts.verdict and facts.planned_calls:
        return Turn("engineer", "Its eval was cancelled: evaluate again")
    if not facts.verdict:
        return Turn("engineer", "It could not be measured: write a suite or evaluate again")
    if facts.verdict == "go":
        return Turn("engineer", "Its verdict was not taken over: evaluate again")
    if facts.verdict == "inconclusive":
        return Turn("owner", "The eval could not tell: evaluate again or add cases")
    cases = f"{facts.broken} broken case{'' if facts.broken == 1 else 's'}"
    return Turn("owner", f"Mend the overlay: {cases}" if facts.broken else "Mend the overlay")


def _awaiting(facts: Facts) -> Turn:
    missing = "" if facts.approved else ", not approved yet"
    return Turn("customer", f"Waiting for {facts.customer} to sign{_since(facts.days)}{missing}")


def _signed_off(facts: Facts) -> Turn:
    if facts.cutting_over:
        return Turn("product", "Cutting over")
    if facts.objected:
        return Turn("owner", "A reviewer objects: mend it")
    if not facts.approved and facts.still:
        return Turn("approver", f"Approved in part, still needed: {facts.still}")
    if not facts.approved and facts.text_is_new:
        return Turn("approver", "Its new text waits for a review")
    if not facts.approved:
        return Turn("approver", "Needs approval by somebody who did not open this")
    if facts.refusal:
        return Turn("engineer", f"Cutover was refused: {facts.refusal}")
    return Turn("engineer", "Ready to cut over")


def _scheduled(facts: Facts) -> Turn:
    return Turn("product", "Waiting for its time")


def _canary(facts: Facts) -> Turn:
    return Turn("product", "Its canary soaks")


def _cut_over(facts: Facts) -> Turn:
    return Turn("product", "Its watch is about to begin")


def _watched(facts: Facts) -> Turn:
    return Turn("product", "Being watched")


def _done(facts: Facts) -> Turn:
    return Turn("nobody", "Done")


def _exempt(facts: Facts) -> Turn:
    return Turn("nobody", "Exempt")


def _deferred(facts: Facts) -> Turn:
    return Turn("nobody", "Deferred")


def _rolled_back(facts: Facts) -> Turn:
    return Turn("owner", f"Back on {facts.left}: mend it")


def _cancelled(facts: Facts) -> Turn:
    return Turn("nobody", "Cancelled")


def _since(days: int) -> str:
    return "" if days < 1 else f" ({days} day{'' if days == 1 else 's'})"


_BY_STAGE = {
    "queued": _queued,
    "evaluating": _evaluating,
    "needs_work": _needs_work,
    "awaiting_sign_off": _awaiting,
    "signed_off": _signed_off,
    "scheduled": _scheduled,
    "canary": _canary,
    "cut_over": _cut_over,
    "watched": _watched,
    "done": _done,
    "rolled_back": _rolled_back,
    "exempt": _exempt,
    "deferred": _deferred,
    "cancelled": _cancelled,
}
