"""The acts on many tracks: what each is called, takes, asks and leaves, and what does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fleet.campaign import batch, batch_forms
from fleet.campaign.actions.waves import EARLY
from fleet.campaign.models import Track, TrackStage
from fleet.campaign.needs import Person
from fleet.campaign.rows import Row

READY = (TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)

Fits = Callable[[Row, Person], str]
"""Why a row is left, as far as that can be known before; empty: it is taken."""


@dataclass(frozen=True)
class Act:
    """`capabilities`: any of them is enough to be offered it; the action checks for each track.

    `done`: completes “12 tracks …”. `word`: the last button. `first`: offered as a button of
    its own, not in the menu.
    """

    slug: str
    label: str
    icon: str
    capabilities: tuple[str, ...]
    heading: str
    text: str
    word: str
    done: str
    fits: Fits
    run: batch.Run | None
    form: type[batch_forms.BatchForm] = batch_forms.NothingAsked
    first: bool = False
    danger: bool = False

    def is_open_to(self, person: Person) -> bool:
        """Whether the person is offered it at all."""
        return any(one in person.capabilities for one in self.capabilities)


def _stays(row: Row, wanted: str) -> str:
    return f"It is “{row.line.stage_label}”, not {wanted}."


def _approve(row: Row, person: Person) -> str:
    line = row.line
    if line.opened_by == person.pk:
        return "You opened this, so somebody else has to decide."
    if row.line.is_closed:
        return f"It is “{line.stage_label}”."
    if line.does_not_fit:
        return "Its overlay does not fit yet: mend it first."
    if not line.is_prepared:
        return "It is not prepared yet."
    if line.has_own_words:
        return "Its text is new: it needs a review of its own."
    if row.approved:
        return "It is approved already."
    if row.yes.objected:
        return "Somebody objects to it."
    return "" if line.verdict == "go" else "Its evaluation is no go."


def _sign_off(row: Row, person: Person) -> str:
    if row.line.stage != TrackStage.AWAITING_SIGN_OFF:
        return _stays(row, "waiting for a sign-off")
    managed = row.line.tenant_id is not None and bool(row.people)
    if managed and "record_sign_off" not in person.capabilities:
        return "Its account's owner records the answer."
    if not managed and "release" not in person.capabilities:
        return "Nobody looks after the account: whoever may release records the answer."
    return ""


def _letter(row: Row, person: Person) -> str:
    if row.line.tenant_id is None:
        return "The platform default is nobody's: there is no one to write to."
    return f"It is “{row.line.stage_label}”." if row.line.is_closed else ""


def _paused(row: Row) -> str:
    whose = {"track": "It is", "wave": "Its wave is", "campaign": "All of it is"}
    return f"{whose[row.facts.paused]} paused." if row.facts.paused else ""


def _schedule(row: Row, person: Person) -> str:
    return _paused(row) if row.line.stage in READY else _stays(row, "signed off")


def _unschedule(row: Row, person: Person) -> str:
    return "" if row.line.stage == TrackStage.SCHEDULED else _stays(row, "scheduled")


def _cut_over(row: Row, person: Person) -> str:
    if row.line.stage not in READY:
        return _stays(row, "signed off")
    if row.yes.objected:
        return "Somebody objects to it."
    if not row.approved:
        still = row.yes.still
        return f"Still needed: {still}." if still else "Nobody has approved it yet."
    return _paused(row)


def _pause(row: Row, person: Person) -> str:
    if row.line.is_closed:
        return f"It is “{row.line.stage_label}”."
    return "It is paused already." if row.line.paused_at is not None else ""


def _resume(row: Row, person: Person) -> str:
    if row.line.paused_at is None:
        return _paused(row) or "It is not paused."
    return ""


def _re_evaluate(row: Row, person: Person) -> str:
    line = row.line
    if line.is_closed or TrackStage.EVALUATING not in _arrows(row):
        return f"It is “{line.stage_label}”."
    if line.does_not_fit:
        return "Its overlay does not fit the new layers: mend it first."
    return _paused(row)


def _moves_to(stage: TrackStage) -> Fits:
    def fits(row: Row, person: Person) -> str:
        return "" if stage in _arrows(row) else f"It is “{row.line.stage_label}”."

    return fits


def _open(row: Row, person: Person) -> str:
    return f"It is “{row.line.stage_label}”." if row.line.is_closed else ""


def _wave(row: Row, person: Person) -> str:
    return "" if row.line.stage in EARLY else f"It is “{row.line.stage_label}”."


def _try_again(row: Row, person: Person) -> str:
    return "" if row.dead is not None else "Nothing of it was given up."


def _arrows(row: Row) -> set[TrackStage]:
    return Track.ARROWS[TrackStage(row.line.stage)]


ACTS = {
    act.slug: act
    for act in (
        Act(
            "approve", "Approve", "check", ("approve",), "Approve {n} revision{s}?",
            "One decision on each of these revisions, with exactly the text and the verdict "
            "shown. Nothing goes live by it.",
            "Approve them", "approved", _approve, batch.approve, batch_forms.WordForm, first=True,
        ),
        Act(
            "letter", "Send letter", "mail", ("record_sign_off", "run_campaign", "release"),
            "Write to {n} customer{s}?",
            "The next page shows each letter as it will read, and who has no address.",
            "See the letters", "", _letter, None, batch_forms.LetterForm, first=True,
        ),
        Act(
            "sign-off", "Record sign-off", "pencil", ("record_sign_off", "release"),
            "Record the sign-off of {n} customer{s}?",
            "Each gets the customer's yes to exactly its text, model and evidence.",
            "Record it", "signed off", _sign_off, batch.sign_off, batch_forms.SignOffManyForm,
            first=True,
        ),
        Act(
            "schedule", "Schedule", "calendar", ("release",), "Schedule {n} cutover{s}?",
            "Each is cut over at its time, if everything still holds then.",
            "Schedule them", "scheduled", _schedule, batch.schedule_each,
            batch_forms.ScheduleForm, first=True,
        ),
        Act(
            "cut-over", "Cut over", "rocket", ("release",), "Cut {n} variant{s} over now?",
            "Each moves from {origin} to {goal}, one by one{how}, whatever its customer's window "
            "says. Every one can go back alone.",
            "Cut them over", "on their way", _cut_over, batch.cut_over, first=True,
        ),
        Act(
            "re-evaluate", "Evaluate again", "refresh", ("run_evals",), "Measure {n} again?",
            "Each is measured anew against its own baseline; broken cases come first. A sign-off "
            "given before does not count for the new evidence.",
            "Evaluate them", "being evaluated again", _re_evaluate, batch.re_evaluate_each,
        ),
        Act(
            "try-again", "Try again", "refresh", ("run_evals",), "Try {n} again?",
            "What was given up after 5 attempts gets 5 more.",
            "Try them again", "tried again", _try_again, batch.try_again,
        ),
        Act(
            "pause", "Pause", "pause", ("run_campaign",), "Pause {n} track{s}?",
            "Nothing of it is taken further until somebody resumes it. What is live stays live.",
            "Pause them", "paused", _pause, batch.pause_each, batch_forms.ReasonForm,
        ),
        Act(
            "resume", "Resume", "player-play", ("run_campaign",), "Resume {n} track{s}?",
            "Each goes on where it stood.",
            "Resume them", "going on", _resume, batch.resume_each,
        ),
        Act(
            "owner", "Assign an owner", "user", ("run_campaign",), "Who brings {n} home?",
            "They see these under “Needs me”.",
            "Assign them", "assigned", _open, batch.own, batch_forms.OwnerForm,
        ),
        Act(
            "wave", "Move to a wave", "stack-2", ("run_campaign",), "Move {n} to a wave?",
            "A wave is not cut over before the day it starts on.",
            "Move them", "moved", _wave, batch.wave, batch_forms.WaveForm,
        ),
        Act(
            "unschedule", "Take the time away", "calendar", ("release",),
            "Take the time of {n} away?", "Each stays signed off and waits for a new time.",
            "Take it away", "without a time", _unschedule, batch.unschedule_each,
            batch_forms.WordForm,
        ),
        Act(
            "defer", "Defer", "clock", ("run_campaign",), "Defer {n} track{s}?",
            "Each stays on {origin} until that day, then begins again by itself. A sign-off given "
            "before does not count any more.",
            "Defer them", "deferred", _moves_to(TrackStage.DEFERRED), batch.defer_each,
            batch_forms.DeferForm,
        ),
        Act(
            "exempt", "Exempt", "ban", ("run_campaign",), "Leave {n} variant{s} out?",
            "Each stays on {origin} for good, as far as this {word} goes.",
            "Leave them out", "exempt", _moves_to(TrackStage.EXEMPT), batch.exempt_each,
            batch_forms.ReasonForm, danger=True,
        ),
        Act(
            "take-in", "Take in again", "player-play", ("run_campaign",), "Take {n} in again?",
            "Each begins again, on what is live by now.",
            "Take them in", "taken in again", _moves_to(TrackStage.QUEUED), batch.take_in_each,
        ),
    )
}  # fmt: skip
"""By the last part of its address."""
