"""Whose turn a track is and what blocks it, in words. Pure: facts in, a sentence out."""

from __future__ import annotations

from typing import Literal, NamedTuple

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

WHOSE_PAUSE = {"track": "This track", "wave": "Its wave", "campaign": "All of it"}
"""What holds a paused track still."""

_PAUSABLE = {
    "queued", "evaluating", "needs_work", "awaiting_sign_off", "signed_off", "scheduled", "canary",
}  # fmt: skip


class Facts(NamedTuple):
    """What is known of a track without asking for every blocker.

    `still`: who has to approve besides those who did. `text_is_new`: somebody wrote for this
    variant alone, so it has a review of its own instead of the batch approval. `breaks`: what a
    new base or policy has against its overlay. `left`: what it serves again after a rollback.
    `days` since its last change. `paused`: track, wave or campaign, empty while nothing pauses
    it. `gave_up`: what the work that was given up for it ended with. `when`: the time that its
    stage has: of the cutover, the end of the soak or watch, the day until which it is deferred.
    `why`: the reason of a stage or a pause. `share`: of sessions, of a canary, 0 to 1.
    A tuple, as is `Turn`: a board makes thousands of them each second.
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
    wants_change: bool = False
    refusal: str = ""
    rolled_back: bool = False
    cutting_over: bool = False
    done_calls: int = 0
    planned_calls: int = 0
    left: str = ""
    prepared: bool = True
    paused: str = ""
    why: str = ""
    gave_up: str = ""
    when: str = ""
    share: float = 0.0
    by_time: bool = True


class Turn(NamedTuple):
    """Who acts next, and what stands in the way.

    `asks`: the capability that the next act takes (`registry.roles`); empty where a person
    cannot do anything now.
    """

    who: Who
    words: str
    asks: str = ""

    @property
    def label(self) -> str:
        """Whose turn, in words."""
        return WHO[self.who]


def turn_of(facts: Facts) -> Turn:
    """The one next thing for a track."""
    if facts.gave_up and facts.stage in _PAUSABLE:
        words = f"Gave up after 5 attempts: try again. {facts.gave_up}"
        return Turn("engineer", words, "run_evals")
    if facts.paused and facts.stage in _PAUSABLE:
        because = f": {facts.why}" if facts.why else ""
        return Turn("nobody", f"{WHOSE_PAUSE[facts.paused]} is paused{because}")
    return _BY_STAGE[facts.stage](facts)


def _queued(facts: Facts) -> Turn:
    if not facts.prepared:
        return Turn("product", "Waiting for a worker to prepare and evaluate it")
    return Turn("product", "Waiting for a worker to evaluate it")


def _evaluating(facts: Facts) -> Turn:
    if not facts.planned_calls:
        return Turn("product", "Evaluation is about to start")
    return Turn("product", f"Evaluating: {facts.done_calls} of {facts.planned_calls} calls")


def _needs_work(facts: Facts) -> Turn:
    if facts.rolled_back:
        return _rolled_back(facts)
    if facts.declined_by and facts.wants_change:
        return Turn("owner", f"{facts.declined_by} asked for a change", "author_overlay")
    if facts.declined_by:
        return Turn("owner", f"{facts.declined_by} declined: mend the overlay", "author_overlay")
    if facts.breaks:
        return Turn("owner", f"Mend the overlay: {facts.breaks}", "author_overlay")
    if not facts.verdict and facts.planned_calls:
        return Turn("engineer", "Its eval was cancelled: evaluate again", "run_evals")
    if not facts.verdict:
        words = "It could not be measured: write a suite or evaluate again"
        return Turn("engineer", words, "run_evals")
    if facts.verdict == "go":
        return Turn("engineer", "Its verdict was not taken over: evaluate again", "run_evals")
    if facts.verdict == "inconclusive":
        words = "The eval could not tell: evaluate again, add cases or accept the risk"
        return Turn("owner", words, "run_evals")
    cases = f"{facts.broken} broken case{'' if facts.broken == 1 else 's'}"
    words = f"Mend the overlay: {cases}" if facts.broken else "Mend the overlay"
    return Turn("owner", words, "author_overlay")


def _awaiting(facts: Facts) -> Turn:
    missing = "" if facts.approved else ", not approved yet"
    words = f"Waiting for {facts.customer} to sign{_since(facts.days)}{missing}"
    return Turn("customer", words, "record_sign_off")


def _signed_off(facts: Facts) -> Turn:
    if facts.cutting_over:
        return Turn("product", "Cutting over")
    if (wait := _unapproved(facts)) is not None:
        return wait
    if facts.refusal:
        return Turn("engineer", f"Cutover was refused: {facts.refusal}", "release")
    return Turn("engineer", "Ready to cut over", "release")


def _unapproved(facts: Facts) -> Turn | None:
    """What still lacks before our own yes; None once it is given."""
    if facts.objected:
        return Turn("owner", "A reviewer objects: mend it", "author_overlay")
    if facts.approved:
        return None
    if facts.still:
        return Turn("approver", f"Approved in part, still needed: {facts.still}", "approve")
    if facts.text_is_new:
        return Turn("approver", "Its new text waits for a review", "approve")
    return Turn("approver", "Needs approval by somebody who did not open this", "approve")


def _scheduled(facts: Facts) -> Turn:
    if facts.cutting_over:
        return Turn("product", "Cutting over")
    if (wait := _unapproved(facts)) is not None:
        return Turn(wait.who, f"{wait.words}, before {facts.when}", wait.asks)
    if facts.refusal:
        return Turn("engineer", f"Held at its time: {facts.refusal}", "release")
    return Turn("product", f"Cuts over {facts.when}")


def _canary(facts: Facts) -> Turn:
    share = f"{facts.share * 100:.0f} % of sessions"
    if facts.refusal:
        return Turn("engineer", f"{share}, held: {facts.refusal}", "release")
    if not facts.by_time:
        return Turn("engineer", f"{share}: a person takes it on", "release")
    return Turn("product", f"{share}, soaks {facts.when}" if facts.when else f"{share}, soaks")


def _cut_over(facts: Facts) -> Turn:
    return Turn("product", "Live for all; its watch is about to begin")


def _watched(facts: Facts) -> Turn:
    return Turn("product", f"Watched until {facts.when}" if facts.when else "Being watched")


def _done(facts: Facts) -> Turn:
    return Turn("nobody", "Done")


def _exempt(facts: Facts) -> Turn:
    return Turn("nobody", f"Exempt: {facts.why}" if facts.why else "Exempt")


def _deferred(facts: Facts) -> Turn:
    because = f": {facts.why}" if facts.why else ""
    return Turn("nobody", f"Deferred until {facts.when}{because}")


def _rolled_back(facts: Facts) -> Turn:
    return Turn("owner", f"Back on {facts.left}: mend it", "author_overlay")


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
