"""Does a link still hold? Asked at every request, and again under lock before a decision."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.utils import timezone

from evals.suites import combined_hash, suite_versions_for
from fleet.campaign.models import Track, TrackStage
from fleet.signoff.models import SignOffLink


class Problem(StrEnum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    ANSWERED = "answered"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


class LinkRefused(Exception):
    """The link opens nothing, or nothing any more; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(WORDS[problem])
        self.problem = problem


WORDS = {
    Problem.UNKNOWN: "No such link.",
    Problem.EXPIRED: "Its time was over.",
    Problem.USED: "It was used.",
    Problem.ANSWERED: "The answer came another way.",
    Problem.CHANGED: "What it is about changed.",
    Problem.WITHDRAWN: "Withdrawn.",
}
"""As the product's own pages and `void_why` say it."""


def problem_of(
    link: SignOffLink, track: Track, *, now: dt.datetime | None = None
) -> Problem | None:
    """Why the link does not hold for the track as it stands; None while it holds.

    `track` comes with its revision, model target, run, variant and tenant.
    """
    if link.sign_off_id is not None:
        return Problem.USED
    if link.voided_at is not None:
        known = {words: problem for problem, words in WORDS.items()}
        return known.get(link.void_why, Problem.WITHDRAWN)
    if link.expires_at <= (now or timezone.now()):
        return Problem.EXPIRED
    return None if _is_as_sent(link, track) else Problem.CHANGED


def refuse(link: SignOffLink, track: Track) -> None:
    """Raise LinkRefused unless the link holds."""
    problem = problem_of(link, track)
    if problem is not None:
        raise LinkRefused(problem)


def _is_as_sent(link: SignOffLink, track: Track) -> bool:
    """Whether person, text, model and evidence are the ones the link was made for."""
    run, revision = track.run, track.revision
    return (
        track.stage == TrackStage.AWAITING_SIGN_OFF
        and run is not None
        and link.contact.tenant_id == track.variant.tenant_id
        and link.contact.removed_at is None
        and _is_same_person(link)
        and (link.revision_id, link.run_id) == (revision.pk, run.pk)
        and link.sha256 == revision.sha256
        and link.model_snapshot == revision.model_target.snapshot
        and link.eval_hash == run.eval_hash
        and link.eval_hash == combined_hash(suite_versions_for(track.variant))
    )


def _is_same_person(link: SignOffLink) -> bool:
    """Whether the contact has the name and address of then, whoever edits contacts, and where."""
    contact = link.contact
    then = contact.history.filter(history_date__lte=link.created_at).first()
    return then is None or (then.name, then.email) == (contact.name, contact.email)
