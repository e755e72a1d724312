"""The customer's own yes or no, by their link and the code mailed to them."""

from __future__ import annotations

import hashlib

from django.db import transaction

from fleet.campaign.actions.tracks import lock_track, step
from fleet.campaign.models import (
    SeenEvidence,
    SignOff,
    SignOffChannel,
    SignOffDecision,
    Track,
    TrackStage,
)
from fleet.signoff.codes import WrongCode, lock_link, use_code, was_used
from fleet.signoff.holding import LinkRefused, Problem, refuse
from fleet.signoff.models import SignOffLink
from registry import border

LONGEST_NOTE = 4_000
"""Characters of a note."""


class NoteMissing(Exception):
    """Whoever asks for a change or declines has to say what is wrong."""


def decide_by_link(link: SignOffLink, decision: str, note: str, code: str, *, seen: str) -> SignOff:
    """Store the contact's decision on what the link is about, and move the track.

    `seen`: the HTML of the evidence as they saw it. The same decision sent twice is one
    decision. Raises LinkRefused, WrongCode (which is counted), NoteMissing.
    """
    note = border.from_form(note).strip()[:LONGEST_NOTE]
    if decision != SignOffDecision.APPROVED and not note:
        raise NoteMissing
    with transaction.atomic():
        done = _decide(link, SignOffDecision(decision), note, code.strip(), seen)
    if isinstance(done, WrongCode):
        raise done
    return done


def _decide(
    link: SignOffLink, decision: SignOffDecision, note: str, code: str, seen: str
) -> SignOff | WrongCode:
    track = lock_track(link.track)
    link = lock_link(link)
    if link.sign_off is not None:
        if link.sign_off.decision == decision and was_used(link, code):
            return link.sign_off
        raise LinkRefused(Problem.USED)
    refuse(link, track)
    wrong = use_code(link, code)
    if wrong is not None:
        return wrong
    link.sign_off = _store(link, track, decision, note, seen)
    link.save(update_fields=["sign_off"])
    approved = decision == SignOffDecision.APPROVED
    goal = TrackStage.SIGNED_OFF if approved else TrackStage.NEEDS_WORK
    said = f"{link.contact.name}, by link" + (f": {note}" if note else "")
    step(track, goal, by=None, why=said)
    return link.sign_off


def _store(
    link: SignOffLink, track: Track, decision: SignOffDecision, note: str, seen: str
) -> SignOff:
    return SignOff.objects.create(
        track=track, revision_id=link.revision_id, run_id=link.run_id, sha256=link.sha256,
        model_snapshot=link.model_snapshot, eval_hash=link.eval_hash, decision=decision,
        channel=SignOffChannel.LINK, contact=link.contact, contact_name=named(link),
        note=note, seen=_keep(seen),
    )  # fmt: skip


def named(link: SignOffLink) -> str:
    """The contact's name and role as they were at the decision."""
    contact = link.contact
    return f"{contact.name}, {contact.role}" if contact.role else contact.name


def _keep(html: str) -> SeenEvidence:
    digest = hashlib.sha256(html.encode()).hexdigest()
    held, _ = SeenEvidence.objects.get_or_create(sha256=digest, defaults={"html": html})
    return held
