"""Make a link for one person and one track, and end it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evals.suites import combined_hash, suite_versions_for
from fleet.campaign.actions.deciding import signing_capability
from fleet.campaign.actions.tracks import lock_track, wrong_stage
from fleet.campaign.models import Track, TrackStage
from fleet.review.actions import Blocked
from fleet.review.blockers import Blocker
from fleet.signoff.holding import WORDS, Problem, problem_of
from fleet.signoff.models import SignOffLink
from fleet.signoff.secrets import hash_of, new_token, token_of
from registry import events
from registry.models import Contact, User
from registry.roles import require

__all__ = ["end_links", "issue_link", "may_send", "open_links", "token_of", "void_link"]


def open_links(track: Track) -> QuerySet[SignOffLink]:
    """Links of a track that nobody used and nobody ended; their time may be over."""
    return track.links.filter(voided_at__isnull=True, sign_off__isnull=True)


def may_send(user: User, track: Track) -> bool:
    """Whether a person may ask the customer: who records the answer, and who runs the campaign."""
    tenant = track.variant.tenant
    if tenant is None or (user.sees_own_tenants_only and not user.owns(tenant)):
        return False
    wanted = (signing_capability(track.variant), "run_campaign")
    return any(user.has_perm(f"registry.{capability}") for capability in wanted)


@transaction.atomic
def issue_link(track: Track, contact: Contact, by: User) -> SignOffLink:
    """The contact's link for the track as it stands: the one there is while nothing changed.

    An older one that does not hold any more is ended. Raises Blocked when there is nothing to
    sign or the contact is somebody else's, NotAllowed.
    """
    if not may_send(by, track):
        require(by, signing_capability(track.variant), track.variant.tenant)
    track = lock_track(track)
    _refuse_unsignable(track, contact)
    held = open_links(track).select_for_update(no_key=True).filter(contact=contact).first()
    if held is not None:
        problem = problem_of(held, track)
        if problem is None:
            return held
        _end(held, WORDS[problem])
    return _make(track, contact, by)


def _refuse_unsignable(track: Track, contact: Contact) -> None:
    if track.stage != TrackStage.AWAITING_SIGN_OFF or track.run is None:
        raise wrong_stage(track)
    if contact.tenant_id != track.variant.tenant_id or contact.removed_at is not None:
        words = f"{contact.name} is no contact of {track.variant.tenant_name}."
        raise Blocked([Blocker("contact", words, "Choose one of its contacts.")])
    if track.run.eval_hash != combined_hash(suite_versions_for(track.variant)):
        words = "The questions changed since this was measured, so nobody can sign on it."
        raise Blocked([Blocker("evidence", words, "Evaluate the track again.")])


def _make(track: Track, contact: Contact, by: User) -> SignOffLink:
    pk, run = uuid.uuid4(), track.run
    assert run is not None
    return SignOffLink.objects.create(
        pk=pk, track=track, contact=contact, revision=track.revision, run=run,
        sha256=track.revision.sha256, model_snapshot=track.revision.model_target.snapshot,
        eval_hash=run.eval_hash, token_hash=hash_of(new_token(pk)), created_by=by,
        expires_at=timezone.now() + dt.timedelta(days=settings.SIGN_OFF_DAYS),
    )  # fmt: skip


@transaction.atomic
def void_link(link: SignOffLink, *, by: User, why: str = "") -> None:
    """End a link by hand; one that is over stays as it is. Raises NotAllowed."""
    if not may_send(by, link.track):
        require(by, signing_capability(link.track.variant), link.track.variant.tenant)
    track = lock_track(link.track)
    held = open_links(track).select_for_update(no_key=True).filter(pk=link.pk).first()
    if held is not None:
        _end(held, WORDS[Problem.WITHDRAWN])
        said = f"For {link.contact.name}" + (f": {why.strip()}" if why.strip() else "")
        events.record("track.link_voided", track, by, said)


def end_links(links: QuerySet[SignOffLink], problem: Problem) -> int:
    """End open links at once, in the caller's transaction; how many there were."""
    return links.filter(voided_at__isnull=True, sign_off__isnull=True).update(
        voided_at=timezone.now(), void_why=WORDS[problem]
    )


def _end(link: SignOffLink, why: str) -> None:
    link.voided_at, link.void_why = timezone.now(), why
    link.save(update_fields=["voided_at", "void_why"])
